/* The conversation's events: Server-Sent Events by fetch, because EventSource cannot send the Authorization header. */

import { address, retryAfter } from "./api.js";

const SILENCE = 45_000; // ms without a byte: the server sends a comment every 15 s, so the line is dead
const DOUBTFUL = 20_000; // ms without a byte after which a page that wakes up does not trust the line
const FIRST_BYTE = 8_000; // ms until the first comment, which the server sends at once: past it a proxy holds the stream back
const POLL = 20; // seconds that the server keeps an answer waiting for an event, where the stream does not come through
const FIRST_WAIT = 1_000; // ms before the first reconnection
const LONGEST_WAIT = 30_000; // ms between later ones

/** Turns pieces of an event stream, cut anywhere, into events `{id, type, data}`. */
export class EventParser {
  #rest = "";
  #event = { data: [] };

  push(piece) {
    const events = [];
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        const { id, type = "message", data } = this.#event;
        if (data.length) events.push({ id, type, data: data.join("\n") });
        this.#event = { data: [] };
      } else if (!line.startsWith(":")) {
        this.#field(line);
      }
    }
    return events;
  }

  #field(line) {
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === "data") this.#event.data.push(value ?? "");
    else if (name === "event") this.#event.type = value;
    else if (name === "id") this.#event.id = value;
  }
}

/**
 * Keeps a stream open until `close()`. Where a try brings not a byte, the next one asks for answers that end, and the
 * other way round: what comes through stays.
 *
 * `last()` answers the last seq received; `on` has `event({id, type, data})`, `state(connected)` and
 * `gone(status)` (the server does not know the conversation; the stream has stopped).
 */
export function keepStream({ path, token, last, on }) {
  let abort = null;
  let timer = 0;
  let failures = 0;
  let heard = 0;
  let stopped = false;
  let polling = false;

  async function run() {
    clearTimeout(timer);
    const mine = (abort = new AbortController());
    const watch = setInterval(() => Date.now() - heard > SILENCE && mine.abort(), 1_000);
    const first = setTimeout(() => mine.abort(), FIRST_BYTE + (polling ? POLL * 1_000 : 0));
    let wait = 0;
    let heardAny = false;
    const hear = () => {
      clearTimeout(first);
      heardAny = true;
      heard = Date.now();
    };
    heard = Date.now();
    try {
      const headers = { Accept: "text/event-stream", Authorization: `Bearer ${token}` };
      if (last()) headers["Last-Event-ID"] = String(last());
      const answer = await fetch(address(polling ? `${path}?wait=${failures ? 0 : POLL}` : path), { headers, signal: mine.signal, credentials: "omit", cache: "no-store" });
      if (answer.ok) await read(answer.body, hear);
      else if (answer.status === 401 || answer.status === 404 || answer.status === 410) {
        stop();
        on.gone(answer.status);
      } else wait = retryAfter(answer.headers) * 1_000;
    } catch {
      // the line broke: the same as an end
    } finally {
      clearInterval(watch);
      clearTimeout(first);
    }
    if (stopped || abort !== mine) return;
    abort = null;
    if (polling && heardAny) {
      run();
      return;
    }
    if (!heardAny && !wait) polling = !polling;
    on.state(false);
    const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
    failures += 1;
    timer = setTimeout(run, wait + ceiling * (0.5 + Math.random() / 2));
  }

  async function read(body, hear) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || stopped) return;
      hear();
      failures = 0;
      on.state(true);
      for (const event of parser.push(value)) on.event(event);
    }
  }

  /** Connect now: the network is back (an old line is then no use), or the page was woken. */
  function wake({ type }) {
    if (stopped || (type !== "online" && (document.hidden || (abort && Date.now() - heard < DOUBTFUL)))) return;
    failures = 0;
    const old = abort;
    run();
    old?.abort();
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    abort?.abort();
    removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
  }

  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  run();
  return { close: stop };
}
