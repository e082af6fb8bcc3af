/* Finds the number behind a challenge of ALTCHA's. SHA-256 (FIPS 180-4) is our own: the browser's is not to be had on a
   page without https, and takes a turn of the loop for each of a hundred thousand hashes. */

const ROOTS = [];
const START = [];
for (let n = 2; ROOTS.length < 64; n += 1) {
  if (Array.from({ length: n - 2 }, (_, i) => i + 2).some((i) => n % i === 0)) continue;
  if (START.length < 8) START.push(fraction(Math.sqrt(n)));
  ROOTS.push(fraction(Math.cbrt(n)));
}

function fraction(root) {
  return ((root - Math.floor(root)) * 2 ** 32) | 0;
}

const words = new Int32Array(64);

/** Works a block of 64 bytes into the state. */
function compress(state, bytes, offset) {
  for (let i = 0; i < 16; i += 1) {
    const at = offset + 4 * i;
    words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i += 1) {
    const x = words[i - 15];
    const y = words[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = words[i - 16] + s0 + words[i - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROOTS[i] + words[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  return [state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e, state[5] + f, state[6] + g, state[7] + h];
}

/** The number from 0 to `maxnumber` that, after `salt`, has this hash; -1 if none has. */
function find({ challenge, maxnumber, salt }) {
  const wanted = Array.from({ length: 8 }, (_, i) => parseInt(challenge.slice(8 * i, 8 * i + 8), 16) | 0);
  const prefix = new TextEncoder().encode(salt);
  const whole = prefix.length - (prefix.length % 64); // blocks that are the same for every number
  let start = START;
  for (let at = 0; at < whole; at += 64) start = compress(start, prefix, at);
  const block = new Uint8Array(128);
  const view = new DataView(block.buffer);
  for (let number = 0; number <= maxnumber; number += 1) {
    const digits = String(number);
    const length = prefix.length + digits.length;
    block.fill(0);
    block.set(prefix.subarray(whole));
    for (let i = 0; i < digits.length; i += 1) block[prefix.length - whole + i] = digits.charCodeAt(i);
    block[length - whole] = 0x80;
    const end = length - whole < 56 ? 64 : 128;
    view.setUint32(end - 4, length * 8);
    let state = compress(start, block, 0);
    if (end === 128) state = compress(state, block, 64);
    if ((state[0] | 0) === wanted[0] && state.every((word, i) => (word | 0) === wanted[i])) return number;
  }
  return -1;
}

onmessage = ({ data }) => postMessage(find(data));
