/* The conversation on the page: one list item a message, in the order of the journal, the unsent ones last. */

import { call } from "./api.js";
import { linked, make, moment, size, styled, t } from "./text.js";

const PREVIEWED = /^image\/(png|jpeg|gif|webp|heic)$/; // of these the server makes small ones

/**
 * `list` is the <ol>, `region` the scrolling role="log" around it; `token()` answers the conversation's secret;
 * `retry(item)` is asked for by a failed message's button, `offer()` by the one that leads to the form with recapiti.
 */
export function makeLog({ list, region, token, retry, offer }) {
  const shown = new Map(); // seq -> {entry, element}
  const unsent = new Map(); // client_id -> element
  const receipts = new Map(); // seq -> "delivered" or "undeliverable"; may come before the message itself
  const uploaded = new Map(); // seq -> client_id of a file whose own entry the stream has yet to bring

  /** Needs the token, so a plain link cannot fetch it. Saved, never opened: it is a stranger's. */
  async function fetchFile(url) {
    const answer = await call("GET", url, { token: token(), accept: "*/*" });
    return URL.createObjectURL(await answer.blob());
  }

  function fileBody(file) {
    const button = make("button", { type: "button", class: "file" }, t("live_download", { name: file.name }));
    const note = make("small", {}, ` ${size(file.size)}`);
    button.addEventListener("click", async () => {
      try {
        save(await fetchFile(file.url), file.name);
      } catch (refusal) {
        note.textContent = ` ${refusal.status ? refusal.words : t("error_connection")}`;
      }
    });
    const body = [button, note];
    if (PREVIEWED.test(file.type) && !navigator.connection?.saveData) {
      const image = make("img", { alt: file.name, hidden: true });
      image.addEventListener("load", () => {
        image.hidden = false;
        follow();
      });
      fetchFile(`${file.url}?preview=1`).then((url) => { image.src = url; }, () => {}); // the button is still there
      body.unshift(image);
    }
    return body;
  }

  function draw(entry) {
    if (entry.kind === "operator" || entry.author === "system") {
      const words = entry.kind === "operator" ? [t("operator_joined", { name: entry.name })] : linked(entry.text ?? "");
      const said = make("div", { class: "body" }, ...words);
      if (entry.offer === "callback") {
        const button = make("button", { type: "button", class: "offer" }, t("live_to_callback"));
        button.addEventListener("click", offer);
        said.append(" ", button);
      }
      return make("li", { class: "message system" }, said);
    }
    const own = entry.author === "visitor";
    const who = make("p", { class: "who" }, make("b", {}, own ? t("you") : entry.name || t("live_office")), " ",
      make("time", { datetime: entry.created_at }, moment(entry.created_at)));
    const body = make("div", { class: "body" });
    if (entry.deleted) body.append(make("i", {}, t("deleted")));
    else if (entry.file) {
      body.append(...fileBody(entry.file));
      if (entry.text) body.append(make("p", { class: "caption" }, ...styled(entry.text, entry.marks)));
    }
    else body.append(...styled(entry.text ?? "", entry.marks));
    const marks = make("p", { class: "marks", "aria-live": "off" });
    if (entry.edited && !entry.deleted) marks.append(t("edited"));
    const element = make("li", { class: `message ${own ? "visitor" : "operator"}` }, who, body);
    if (entry.reactions?.length && !entry.deleted) element.append(reactionsOf(entry.reactions));
    element.append(marks);
    if (own && !marks.textContent) sign(element, entry.seq);
    return element;
  }

  /** What the office put on a message of ours; for a screen reader in words. */
  function reactionsOf(reactions) {
    return make("p", { class: "reactions" }, make("span", { class: "unseen" }, `${t("live_reactions")} `), reactions.join(" "));
  }

  /** What became of a message of ours: sent, with the operators, or refused everywhere. */
  function sign(element, seq) {
    const receipt = receipts.get(seq);
    element.classList.toggle("failed", receipt === "undeliverable");
    element.querySelector(".marks").textContent = t(`live_${receipt ?? "sent"}`);
  }

  const near = () => region.scrollHeight - region.scrollTop - region.clientHeight < 120;

  function follow() {
    region.scrollTop = region.scrollHeight;
    if (region.scrollHeight <= region.clientHeight) list.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  function place(element, seq) {
    element.dataset.seq = seq;
    const after = [...list.children].find((other) => !other.dataset.seq || Number(other.dataset.seq) > seq);
    list.insertBefore(element, after ?? null);
  }

  return {
    /** Shows an entry of the journal; answers false when it was already there. */
    add(entry) {
      const stick = near() || entry.author === "visitor";
      const clientId = entry.client_id ?? uploaded.get(entry.seq);
      unsent.get(clientId)?.remove();
      unsent.delete(clientId);
      if (shown.has(entry.seq)) return false;
      const element = draw(entry);
      shown.set(entry.seq, { entry, element });
      place(element, entry.seq);
      if (stick) follow();
      return true;
    },

    /** Applies an edit or a deletion to an entry shown before. */
    change(seq, change) {
      const found = shown.get(seq);
      if (!found) return;
      found.entry = { ...found.entry, ...change };
      const element = draw(found.entry);
      element.dataset.seq = seq;
      found.element.replaceWith(element);
      found.element = element;
    },

    /** Shows what the office has put on an entry; the rest stays as it is. */
    react(seq, reactions) {
      const found = shown.get(seq);
      if (!found) return;
      const stick = near();
      found.entry = { ...found.entry, reactions };
      found.element.querySelector(".reactions")?.remove();
      if (reactions.length && !found.entry.deleted) found.element.querySelector(".body").after(reactionsOf(reactions));
      if (stick) follow();
    },

    /** Signs messages of ours in place: a screen reader does not read them out again. */
    receipt(seqs, receipt) {
      for (const seq of seqs) {
        receipts.set(seq, receipt);
        const found = shown.get(seq);
        if (found && !found.entry.edited) sign(found.element, seq);
      }
    },

    /** Shows a message on its way out and its state: waiting, sending, or failed with the reason. */
    unsent(item) {
      if (item.state === "sent") uploaded.set(item.seq, item.client_id);
      const old = unsent.get(item.client_id);
      const stick = near();
      const text = item.file ? `${item.file.name} (${size(item.file.size)})` : item.text;
      const element = draw({ author: "visitor", text, created_at: item.created_at });
      element.classList.add(item.state);
      const marks = element.querySelector(".marks");
      marks.textContent = [t(`live_${item.state}`), item.reason].filter(Boolean).join(" – ");
      if (item.state === "failed") {
        const button = make("button", { type: "button" }, t("live_retry"));
        button.addEventListener("click", () => retry(item));
        marks.append(" ", button);
      }
      if (shown.has(item.seq)) {
        old?.remove();
        return;
      }
      unsent.set(item.client_id, element);
      if (old) old.replaceWith(element);
      else list.append(element);
      if (stick || !old) follow();
    },

    /** Draws what was there before a reload, without a screen reader reading it all out. */
    restore(entries) {
      region.setAttribute("aria-live", "off");
      for (const entry of entries) this.add(entry);
      follow();
      setTimeout(() => region.setAttribute("aria-live", "polite"), 500);
    },

    clear() {
      shown.clear();
      unsent.clear();
      uploaded.clear();
      receipts.clear();
      list.replaceChildren();
    },

    entries: () => [...shown.values()].map(({ entry }) => entry).sort((a, b) => a.seq - b.seq),
    follow,
  };
}

/** Hands a file to the browser's downloads. */
export function save(url, name) {
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
