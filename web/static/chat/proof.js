/* Proof of work (ALTCHA), done beside the page, which goes on as if nothing were. Loaded only when the hub asks for one. */

const PATIENCE = 120_000; // ms: many times what the slowest phone needs

/** Solves a challenge; answers what the header `Altcha` is to carry. */
export function solve({ algorithm, challenge, maxnumber, salt, signature }) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("proof-worker.js", import.meta.url));
    const timer = setTimeout(() => end(reject), PATIENCE);

    function end(settle, value) {
      clearTimeout(timer);
      worker.terminate();
      settle(value);
    }

    worker.onerror = () => end(reject);
    worker.onmessage = ({ data: number }) => {
      if (number < 0) end(reject);
      else end(resolve, btoa(JSON.stringify({ algorithm, challenge, number, salt, signature })));
    };
    worker.postMessage({ challenge, maxnumber, salt });
  });
}
