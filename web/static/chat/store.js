/* What a reload must find again. Nothing is written before the citizen has written; a browser that
   forbids storage (a third-party frame) gets the same page without the memory. */

const NAME = "linea-diretta";
const KEPT = 300; // messages remembered for an instant redraw; the stream has what came later

/** The conversation as this tab knows it. */
export function openStore() {
  let kept = {};
  try {
    kept = JSON.parse(sessionStorage.getItem(NAME)) ?? {};
  } catch {
    kept = {};
  }

  function write() {
    try {
      sessionStorage.setItem(NAME, JSON.stringify(kept));
    } catch {
      // forbidden or full: the page goes on without
    }
  }

  return {
    get: () => kept,
    save(change) {
      kept = { ...kept, ...change };
      if (kept.entries?.length > KEPT) kept.entries = kept.entries.slice(-KEPT);
      write();
    },
    forget() {
      kept = {};
      try {
        sessionStorage.removeItem(NAME);
      } catch {
        // nothing was stored
      }
    },
  };
}
