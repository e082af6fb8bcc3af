/* The operators' page, live: events change the list and the open conversation; forms are sent without a reload. */

import { config, key, make, moment, styled, t } from "./chat/text.js";

const GATHER = 300; // ms within which changes of the callbacks are drawn together
const TYPING_EVERY = 3_000; // ms between two "is typing" of ours
const TICK = 30_000; // ms between looks at how long people have been waiting

const $ = (id) => document.getElementById(id);
const sections = Object.fromEntries([...document.querySelectorAll("#list section")].map((one) => [one.dataset.state, one]));
let unread = 0;
let rereading = 0;
let held = null; // events that come while the page is read again: it may or may not have them already

/* ---- the list ---- */

const itemOf = (id) => [...document.querySelectorAll("#list li")].find((item) => item.dataset.id === id);

function note(item, { state, taken_by }) {
  const since = Date.parse(item.dataset.since);
  const place = item.querySelector(".item-note");
  if (state === "waiting" && since) {
    place.textContent = t("desk_live_waiting_for", { minutes: Math.max(0, Math.floor((Date.now() - since) / 60_000)) });
  } else place.textContent = taken_by ? t("desk_taken_by", { name: taken_by }) : "";
}

/** Draws a conversation's line anew, in its group and its place there. */
function list(conversation) {
  const { id, state, name, department, lang, last_text, waiting_since, taken_by } = conversation;
  const item = itemOf(id) ?? $("item").content.firstElementChild.cloneNode(true);
  const moved = item.dataset.state !== state;
  Object.assign(item.dataset, { id, state, since: waiting_since ?? "" });
  const link = item.querySelector("a");
  const focused = link === document.activeElement;
  link.href = `${config.root}/desk/${encodeURIComponent(id)}`;
  if (id === config.current) link.setAttribute("aria-current", "page");
  item.querySelector(".item-name").textContent = name || t("desk_nameless");
  item.querySelector(".item-tags").textContent = [department, lang].filter(Boolean).join(" · ");
  item.querySelector(".item-text").textContent = last_text ?? "";
  note(item, { state, taken_by });
  if (moved || state === "active") sort(item, state);
  if (focused) link.focus();
  for (const section of Object.values(sections)) {
    section.querySelector(".count").textContent = section.querySelectorAll("li").length;
  }
}

/** Waiting: longest first. The others: what changed last first. */
function sort(item, state) {
  const group = sections[state].querySelector("ul");
  const others = [...group.children].filter((other) => other !== item);
  const before = state === "waiting"
    ? others.find((other) => Date.parse(other.dataset.since) > Date.parse(item.dataset.since))
    : others[0];
  group.insertBefore(item, before ?? null);
}

function tick() {
  for (const item of document.querySelectorAll("#list li[data-state=waiting]")) note(item, { state: "waiting" });
}

/* ---- the open conversation ---- */

const near = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
const lineOf = (seq) => $("messages").querySelector(`[data-seq="${Number(seq)}"]`);

function draw({ conversation, seq, kind, author, name, text, marks, file, created_at }) {
  const place = { "data-seq": seq };
  if (kind === "operator") {
    return make("li", { class: "message system", ...place }, make("div", { class: "body" }, t("operator_joined", { name })));
  }
  const body = make("div", { class: "body" });
  if (file) {
    const href = `${config.root}/desk/${encodeURIComponent(conversation)}/files/${seq}`;
    if (file.picture) body.append(make("img", { src: `${href}?preview=1`, alt: file.name }));
    body.append(make("a", { class: "file", href, download: true }, file.name), " ", make("small", {}, file.size));
  }
  write(body, text, marks);
  const who = author === "visitor" ? name || t("desk_visitor") : name || "";
  return make("li", { class: `message ${["visitor", "operator"].includes(author) ? author : "system"}`, ...place },
    make("p", { class: "who" }, make("b", {}, who), " ", make("time", { datetime: created_at }, moment(created_at))),
    body, make("p", { class: "marks" }));
}

/** What is said in a line: all of it, or what stands under its file. */
function write(body, text, marks) {
  const words = styled(text ?? "", marks);
  if (!body.querySelector(".file")) return body.replaceChildren(...words);
  body.querySelector(".caption")?.remove();
  if (text) body.append(make("p", { class: "caption" }, ...words));
}

function entry(event) {
  const { conversation, seq, kind, author, name, target, text, marks } = event;
  if (author === "visitor" && kind === "message" && document.hidden) {
    unread += 1;
    document.title = t("unread_title", { count: unread, title: config.title });
  }
  if (conversation !== config.current) {
    if (author === "visitor" && kind === "message") $("line").textContent = t("desk_live_new", { name: name || t("desk_nameless") });
    return;
  }
  if (kind === "edited" || kind === "deleted") return change(target, kind, text, marks);
  if (kind === "reaction") return react(target, event.reactions);
  if (!["message", "file", "operator"].includes(kind) || lineOf(seq)) return;
  const log = $("log");
  const stick = near(log) || author === "operator";
  const after = [...$("messages").children].find((line) => Number(line.dataset.seq) > seq);
  $("messages").insertBefore(draw(event), after ?? null);
  if (stick) log.scrollTop = log.scrollHeight;
}

function change(target, kind, text, marks) {
  const line = lineOf(target);
  if (!line) return;
  const body = line.querySelector(".body");
  if (kind === "deleted") body.replaceChildren(make("i", {}, t("deleted")));
  else write(body, text, marks);
  line.querySelector(".marks").textContent = kind === "deleted" ? "" : t("edited");
}

/** What operators have put on a citizen's message, wherever they did. */
function react(target, reactions) {
  const line = lineOf(target);
  if (!line) return;
  line.querySelector(".reactions")?.remove();
  if (!reactions.length) return;
  const said = make("span", { class: "unseen" }, `${t("live_reactions")} `);
  line.querySelector(".body").after(make("p", { class: "reactions" }, said, reactions.join(" ")));
}

function state({ id, state: now, taken_by }) {
  if (id !== config.current) return;
  $("over").hidden = now !== "closed";
  $("work").hidden = now === "closed";
  $("taken").textContent = taken_by ? ` · ${t("desk_taken_by", { name: taken_by })}` : "";
}

/* ---- the line ---- */

function listen() {
  const source = new EventSource(`${config.root}/desk/events`);
  source.addEventListener("open", () => {
    $("line").textContent = t("desk_live_connected");
    reread(); // what happened since the page was made, or while the line was lost
  });
  source.addEventListener("error", () => {
    $("line").textContent = t("desk_live_lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(retry, 5_000);
  });
  source.addEventListener("erased", ({ data }) => {
    const { conversation } = JSON.parse(data);
    itemOf(conversation)?.remove();
    if (conversation === config.current) location.assign(`${config.root}/desk`);
  });
  source.addEventListener("notice", ({ data }) => {
    $("notice").textContent = JSON.parse(data).text;
  });
  source.addEventListener("callbacks", () => {
    clearTimeout(rereading);
    rereading = setTimeout(reread, GATHER);
  });
  for (const [name, show] of Object.entries({ entry, conversation })) {
    source.addEventListener(name, ({ data }) => {
      const happened = JSON.parse(data);
      show(happened);
      held?.push(() => show(happened));
    });
  }
}

function conversation(row) {
  list(row);
  state(row);
}

/** The browser gave up (the server refused): signed out, or restarting. */
async function retry() {
  const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer && (answer.redirected || answer.status === 401 || answer.status === 403)) {
    $("line").textContent = t("desk_live_expired");
    return;
  }
  listen();
}

/** Reads the page again, for what was missed; what is being typed stays, and what comes meanwhile is drawn after it. */
async function reread() {
  const mine = (held = []);
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  const text = answer?.ok && !answer.redirected ? await answer.text().catch(() => null) : null;
  if (held !== mine) return; // a later reading has begun, and has all that this one would have shown
  held = null;
  if (text === null) return;
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const stick = $("log") && near($("log"));
  replace($("messages"), fresh.getElementById("messages"));
  replace($("callbacks"), fresh.getElementById("callbacks"));
  replace($("taken"), fresh.getElementById("taken"));
  for (const id of ["over", "work"]) if ($(id)) $(id).hidden = fresh.getElementById(id).hidden;
  for (const [name, section] of Object.entries(sections)) {
    replace(section, fresh.querySelector(`#list section[data-state=${name}]`));
  }
  for (const show of mine) show();
  if (stick) $("log").scrollTop = $("log").scrollHeight;
  tick();
}

/** Only what differs is drawn anew: a focus stays where it is, and a screen reader is told nothing twice. */
function replace(old, now) {
  if (!old || !now || old.isEqualNode(now)) return;
  const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
  old.replaceChildren(...now.childNodes);
  if (focused) old.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

/* ---- what the operator presses ---- */

async function post(form) {
  const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" },
    body: new URLSearchParams(new FormData(form)) });
  if (answer.status === 401 || answer.status === 403) throw new Error(t("desk_live_expired"));
  if (answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html"); // as without JavaScript, with the reason
  throw new Error(page.getElementById("reply-error")?.textContent || t("desk_live_failed"));
}

async function act(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  const box = form.elements.text;
  if (button.disabled || (box && !box.value.trim())) return;
  const sent = box?.value;
  button.disabled = true;
  $("reply-error").textContent = "";
  try {
    await post(form);
    if (box) {
      if (box.value === sent) box.value = "";
      form.elements.client_id.value = key();
    }
  } catch (error) {
    $("reply-error").textContent = error instanceof TypeError ? t("desk_live_failed") : error.message;
  } finally {
    button.disabled = false;
    box?.focus();
  }
}

let typedAt = 0;
/** Tells the citizen that an answer is coming; only nice to have, so nothing is said when it fails. */
function typing({ target: { form, value } }) {
  if (!value.trim() || Date.now() - typedAt < TYPING_EVERY) return;
  typedAt = Date.now();
  fetch(form.action.replace(/reply$/, "typing"), { method: "POST",
    body: new URLSearchParams({ csrf: form.elements.csrf.value }) }).catch(() => {});
}

function enter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

for (const form of document.querySelectorAll("#reply, .act")) form.addEventListener("submit", act);
$("text")?.addEventListener("keydown", enter);
$("text")?.addEventListener("input", typing);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unread = 0;
  document.title = config.title;
});
if ($("log")) $("log").scrollTop = $("log").scrollHeight;
tick();
setInterval(tick, TICK);
listen();
