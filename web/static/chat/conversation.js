/* One conversation: its messages out (queue), its events in (stream), its lines on the page (log), its memory (store). */

import { call, Refusal } from "./api.js";
import { save } from "./log.js";
import { makeQueue } from "./queue.js";
import { keepStream } from "./stream.js";
import { config, t } from "./text.js";

const TYPING_EVERY = 3_000; // ms between two "is typing" of ours

/**
 * `makeLog` draws the log given `{token, retry}`. `on` is told:
 * `started()`, `message(entry)` (somebody else's, new), `typing(name)`, `queue({position, minutes})`, `status(status)`, `connected(yes)`,
 * `closed(by, texts)`, `reopened()`, `refusedClosed(texts)` (the office closed before the first message), `gone(texts)`,
 * `failed(words)`; `texts` are the messages that were not sent.
 */
export function makeConversation({ store, makeLog, on }) {
  let stream = null;
  let typed = 0;
  const session = () => store.get();
  const path = (rest = "") => `/api/conversations/${encodeURIComponent(session().id)}${rest}`;
  const ask = (method, rest, options = {}) => call(method, path(rest), { token: session().token, ...options });

  const log = makeLog({ token: () => session().token, retry: (item) => queue.retry(item) });
  const queue = makeQueue({
    items: session().queue,
    deliver,
    keep: (items) => store.save({ queue: items }),
    changed: show,
    refused,
  });

  async function deliver(item) {
    if (!session().id) return begin(item);
    if (!item.file) {
      const answer = await ask("POST", "/messages", { json: { client_id: item.client_id, text: item.text } });
      return acknowledged(item, await answer.json());
    }
    const form = new FormData();
    form.append("client_id", item.client_id);
    form.append("file", item.file);
    const answer = await ask("POST", "/files", { form });
    return acknowledged(item, await answer.json());
  }

  async function begin(item) {
    const answer = await call("POST", "/api/conversations", {
      json: { client_id: item.client_id, text: item.text, lang: config.lang, ...item.about },
    });
    const { id, token, ...first } = await answer.json();
    if (!token) throw new Refusal(422); // begun by somebody else under the same key
    store.save({ id, token, last: 0, name: item.about?.name });
    listen();
    on.started();
    return acknowledged(item, first);
  }

  function acknowledged(item, { seq, created_at }) {
    item.created_at = created_at ?? item.created_at;
    return seq;
  }

  function show(item) {
    if (item.state === "sent" && !item.file) {
      const { seq, client_id, text, created_at } = item;
      log.add({ kind: "message", seq, client_id, text, created_at, author: "visitor" });
      store.save({ entries: log.entries() });
      return;
    }
    log.unsent(item);
    if (item.state === "failed") on.failed(`${t("live_failed")}: ${item.reason}`);
  }

  function refused(item, refusal) {
    if (refusal.gone && session().id) {
      stop();
      on.gone(queue.empty());
      return true;
    }
    if (refusal.status === 409 && !session().id) {
      on.refusedClosed(queue.empty());
      return true;
    }
    if (refusal.status === 409 || (refusal.status === 403 && session().id)) {
      end(refusal.status === 403 ? "operator" : null, queue.empty());
      return true;
    }
    return false;
  }

  function listen() {
    stream?.close();
    stream = keepStream({
      path: path("/events"),
      token: session().token,
      last: () => session().last,
      on: { event: receive, state: on.connected, gone: () => on.gone(queue.empty()) },
    });
  }

  function receive({ id, type, data }) {
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return; // not ours to understand
    }
    const seq = Number(id ?? event.seq) || 0;
    if (seq && seq <= session().last) return;
    handlers[type]?.({ ...event, seq });
    if (seq) store.save({ last: seq, entries: log.entries() });
  }

  const handlers = {
    message(entry) {
      arrive({ kind: "message", ...entry });
    },
    file(entry) {
      arrive({ kind: "file", ...entry });
    },
    operator(entry) {
      arrive({ ...entry, kind: "operator", author: "operator" });
    },
    edited: ({ target, text, marks }) => log.change(target, { text, marks, edited: true }),
    deleted: ({ target }) => log.change(target, { text: "", file: null, deleted: true }),
    reaction: ({ target, reactions }) => log.react(target, reactions),
    delivered: ({ seqs }) => log.receipt(seqs, "delivered"),
    undeliverable: ({ seqs }) => log.receipt(seqs, "undeliverable"),
    queue: (place) => on.queue(place),
    typing: ({ name }) => on.typing(name),
    status: (status) => on.status(status),
    closed: ({ by }) => end(by, queue.empty()),
    erased() {
      stop();
      on.gone(queue.empty());
    },
  };

  function arrive(entry) {
    const fresh = log.add(entry);
    if (session().ended && entry.kind !== "operator") {
      store.save({ ended: false }); // a message after the end opens the conversation again
      on.reopened();
    }
    if (entry.author === "visitor") queue.arrived(entry.client_id);
    else if (fresh) on.message(entry);
  }

  /** The stream stays: a message that crossed with the end, or a late answer, still arrives. */
  function end(by, texts) {
    if (session().ended) return;
    store.save({ ended: true });
    on.closed(by, texts);
  }

  function stop() {
    stream?.close();
    stream = null;
  }

  return {
    get started() {
      return Boolean(session().id) || queue.items.length > 0;
    },
    /** Its `{id, token}` while it goes on, else null. */
    get ongoing() {
      const { id, token, ended } = session();
      return id && !ended ? { id, token } : null;
    },
    /** Draws what the tab remembers and goes on from there. */
    resume() {
      log.restore(session().entries ?? []);
      for (const item of queue.items) show(item);
      if (session().ended) on.closed(null, []);
      if (session().id) listen();
      queue.start();
    },
    send: (text, about) => queue.add({ text, about }),
    attach: (file) => queue.add({ file }),
    typing() {
      if (!session().id || session().ended || Date.now() - typed < TYPING_EVERY) return;
      typed = Date.now();
      ask("POST", "/typing", { json: {}, quiet: true }).catch(() => {}); // only nice to have
    },
    async close() {
      await ask("POST", "/close", { json: {} });
      end("visitor", queue.empty());
    },
    rate: (score, comment) => ask("POST", "/rating", { json: comment ? { score, comment } : { score } }),
    async transcript() {
      const answer = await ask("GET", "/transcript", { accept: "text/plain" });
      save(URL.createObjectURL(await answer.blob()), t("live_transcript_name"));
    },
    mail: (email) => ask("POST", "/transcript", { json: { email, lang: config.lang } }),
    async erase() {
      await ask("DELETE", "");
      this.forget();
    },
    /** Leaves the conversation and everything remembered of it. */
    forget() {
      stop();
      queue.empty();
      store.forget();
      log.clear();
    },
  };
}
