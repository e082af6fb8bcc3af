/* Messages on their way out: sent one after the other, in order, each under its own client_id until the
   server has acknowledged it, so that a message repeated after a lost answer arrives once. */

import { Refusal } from "./api.js";
import { key } from "./text.js";

const FIRST_WAIT = 1_000; // ms before a message is tried again
const LONGEST_WAIT = 30_000; // ms between later tries

/**
 * `items` are the unsent messages of an earlier load. `deliver(item)` sends one and answers its seq;
 * `changed(item)` redraws it; `keep(items)` remembers what is unsent; `refused(item, refusal)` answers
 * true when it dealt with a refusal for good (the office closed, the conversation is gone).
 */
export function makeQueue({ items = [], deliver, changed, keep, refused }) {
  const waiting = items.map((item) => ({ ...item, state: item.state === "failed" ? "failed" : "waiting" }));
  let running = false;
  let tries = 0;
  let timer = 0;
  let notBefore = 0; // moment (ms) until which the server asked us to wait

  const remember = () => keep(waiting.filter((item) => !item.file));

  function show(item, state, reason = "") {
    item.state = state;
    item.reason = reason;
    changed(item);
  }

  function drop(item) {
    const place = waiting.indexOf(item);
    if (place >= 0) waiting.splice(place, 1);
    remember();
  }

  async function pump() {
    if (running) return;
    clearTimeout(timer);
    running = true;
    try {
      for (let item; (item = waiting.find((one) => one.state !== "failed")); ) {
        show(item, "sending");
        item.seq = await deliver(item);
        tries = 0;
        drop(item);
        show(item, "sent");
      }
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500);
      const item = waiting.find((one) => one.state === "sending");
      if (item) settle(item, refusal);
    } finally {
      running = false;
    }
  }

  function settle(item, refusal) {
    item.state = "waiting";
    if (refused(item, refusal)) return;
    if (!refusal.passing) {
      show(item, "failed", refusal.words);
      remember();
      timer = setTimeout(pump); // the next ones do not wait for this one
      return;
    }
    show(item, "waiting", refusal.words);
    const backoff = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries) * (0.5 + Math.random() / 2);
    tries += 1;
    notBefore = Date.now() + refusal.wait * 1_000;
    timer = setTimeout(pump, Math.max(backoff, refusal.wait * 1_000));
  }

  /** Try at once what waits only for the network; a wait the server asked for is kept. */
  function wake() {
    if (Date.now() >= notBefore) pump();
  }
  addEventListener("online", wake);

  return {
    items: waiting,
    /** Puts a message (`{text}` or `{file}`, and what the first one needs) at the end. */
    add(content) {
      const item = { client_id: key(), created_at: new Date().toISOString(), state: "waiting", reason: "", ...content };
      waiting.push(item);
      remember();
      changed(item);
      pump();
      return item;
    },
    retry(item) {
      show(item, "waiting");
      pump();
    },
    /** The stream brought back our message before (or instead of) the answer to it. */
    arrived(client_id) {
      const item = waiting.find((one) => one.client_id === client_id);
      if (item && item.state !== "sending") drop(item);
    },
    /** Takes back every unsent text, to put it elsewhere; what is just being sent goes its way. */
    empty() {
      clearTimeout(timer);
      const kept = waiting.filter((item) => item.state === "sending");
      const texts = waiting.filter((item) => item.text && !kept.includes(item)).map((item) => item.text);
      waiting.splice(0, waiting.length, ...kept);
      remember();
      return texts;
    },
    start: pump,
  };
}
