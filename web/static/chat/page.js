/* The citizen's page: takes the server's plain forms over and switches between chat, form with recapiti and end.
   Runs when imported. */

import { call } from "./api.js";
import { takeBell } from "./bell.js";
import { takeCallback } from "./callback.js";
import { takeComposer } from "./composer.js";
import { makeConversation } from "./conversation.js";
import { takeFaq } from "./faq.js";
import { takeLanguages } from "./languages.js";
import { makeLog } from "./log.js";
import { takeRating } from "./rating.js";
import { takeReference } from "./reference.js";
import { openStore } from "./store.js";
import { config, key, make, t } from "./text.js";

const KNOWN = "linea-diretta-browser";
const TAG = "linea-diretta"; // as widget.js calls itself
const CHECK_EVERY = 300_000; // ms between looks at the office's state while no conversation brings it
const SPREAD = 3_000; // ms over which the pages of a town ask again after the same announcement
const TYPING_SHOWN = 6_000; // ms that "is typing" stays without being said again

const $ = (id) => document.getElementById(id);
const framed = window.parent !== window;

const views = { talk: $("talk"), callback: $("callback"), received: $("received") };
let office = config.status;
let shown = !framed; // the panel around the frame is open
let unread = 0;
let lineLost = false;

const store = openStore();
const conversation = makeConversation({
  store,
  makeLog: (rest) => makeLog({ list: $("messages"), region: $("log"), offer: toCallback, ...rest }),
  on: {
    started() {
      languages.written();
      talking(true);
    },
    message: heard,
    typing,
    queue: inLine,
    status: announced,
    connected,
    closed: ended,
    reopened() {
      resetTalk();
      talking(true);
    },
    refusedClosed(texts) {
      conversation.forget();
      resetTalk();
      composer.put(texts.join("\n\n"));
      if (office.open) officeChanged({ open: false, message: "" });
      else toCallback();
      say(t("error_closed"));
      refresh();
    },
    gone(texts) {
      conversation.forget();
      startAgain(texts);
      say(t("error_gone"));
    },
    failed: say,
  },
});
const callback = takeCallback({
  form: $("callback-form"),
  summary: $("callback-error"),
  chat: () => conversation.ongoing,
  received(reference, chat) {
    $("reference").textContent = reference;
    $("chat-stays").hidden = !chat;
    if (chat) store.save({ reference });
    show("received");
    $("received-title").focus();
  },
});
const bell = takeBell({ button: $("bell"), framed });
takeReference({ form: $("reference-form"), answer: $("progress") });
const faq = takeFaq($("faq"));
const rating = takeRating({ form: $("rating"), thanks: $("rated"), rate, failed: sayRefusal });
const mail = $("mail") && import("./mail.js").then(({ takeMail }) =>
  takeMail({ form: $("mail"), send: (email) => conversation.mail(email) }));
const composer = takeComposer({
  form: $("composer"),
  send(text) {
    const first = !conversation.started;
    conversation.send(text, first ? about() : undefined);
    if (first) talking(false);
  },
  attach: (file) => conversation.attach(file),
  tooEarly: () => say(t("live_file_first")),
  typing: () => conversation.typing(),
});
const languages = takeLanguages({ links: document.querySelectorAll(".languages a"), store, typed });
let remember = {};
try {
  remember = localStorage;
  $("known").parentElement.hidden = false;
} catch {
  // forbidden: nobody would be known again
}
let carried = []; // texts that were not sent before the end
let typingTimer = 0;
let checkTimer = 0;

/* ---- what is on the page ---- */

function show(name) {
  if (!views[name].hidden) return;
  const moved = document.activeElement !== document.body;
  for (const [key, section] of Object.entries(views)) section.hidden = key !== name;
  settle();
  if (moved && name !== "talk") $(`${name}-title`).focus();
}

/** What depends on both the view and the conversation. */
function settle() {
  document.body.classList.toggle("talking", !views.talk.hidden && conversation.started);
  $("to-chat").hidden = !office.open && !conversation.started;
  placeFaq();
  callback.fit();
  const { reference } = store.get();
  $("left").hidden = !reference;
  $("left").textContent = reference ? t("live_reference", { reference }) : "";
  document.body.classList.toggle("left-contact", Boolean(reference));
}

function placeFaq() {
  const before = views.callback.hidden ? $("composer") : $("callback-title");
  faq.place(conversation.started || !views.received.hidden ? null : before);
}

function talking(started) {
  settle();
  $("about").hidden = true;
  $("privacy").hidden = true;
  $("leave").hidden = true;
  $("greeting").hidden = started;
  $("options").hidden = !started;
  $("bell").hidden = !started || !globalThis.AudioContext;
  composer.files(started);
}

/** What a change of the language must not lose. */
function typed() {
  if (!views.received.hidden) return { view: "received", reference: $("reference").textContent };
  if (!views.callback.hidden) return { view: "callback", ...callback.typed };
  return { view: "talk", text: composer.text, name: conversation.started ? "" : $("name").value.trim() };
}

/** Puts it where it was. */
function bring({ view, ...values }) {
  if (view === "received") $("reference").textContent = values.reference;
  else if (view === "callback") callback.typed = values;
  else {
    composer.put(values.text);
    $("name").value ||= values.name;
    $("name").closest("details").open ||= Boolean(values.name);
  }
  show(view);
}

function about() {
  const name = $("name").value.trim();
  const department = new FormData($("composer")).get("department");
  return { ...(name && { name }), ...(department && { department }), ...(config.page && { page: config.page }),
    ...(config.page_title && { page_title: config.page_title }), ...browser() };
}

/** Ticked anew for each conversation. */
function browser() {
  if (!$("known").checked) return {};
  $("known").checked = false;
  const mine = remember[KNOWN] ?? key();
  try {
    remember[KNOWN] = mine;
  } catch {
    // full
  }
  return { browser: mine };
}

function ended(by, texts) {
  carried = texts;
  talking(true);
  $("composer").hidden = true;
  $("bell").hidden = true;
  $("end-part").hidden = true;
  $("options").open = false;
  $("ended").hidden = false;
  $("ended-words").textContent = by === "operator" ? t("live_ended_office") : t("ended");
  $("typing").textContent = "";
  inLine({});
  rating.reset();
  mail?.then((clear) => clear());
  $("rating").hidden = Boolean(store.get().rated);
  say("");
  if (by) $("ended").focus();
}

/** The page as it was before the first message; what is being typed stays. */
function resetTalk() {
  $("composer").hidden = false;
  $("end-part").hidden = false;
  $("ended").hidden = true;
  $("options").hidden = true;
  $("bell").hidden = true;
  $("options").open = false;
  settle();
  $("about").hidden = false;
  $("privacy").hidden = false;
  $("leave").hidden = false;
  $("greeting").hidden = false;
  composer.files(false);
}

function startAgain(texts) {
  resetTalk();
  inLine({});
  composer.put(texts.join("\n\n"));
  if (office.open) composer.focus();
  else toCallback();
  refresh();
}

function toCallback() {
  callback.carry({ text: composer.take(), name: $("name").value.trim() || store.get().name });
  show("callback");
  $("callback-title").focus();
}

function toChat() {
  if (!conversation.started && callback.text && !composer.text) composer.put(callback.text);
  show("talk");
  composer.focus();
}

function say(words, label, action) {
  const notice = $("notice");
  notice.replaceChildren(words);
  if (!action) return;
  const button = make("button", { type: "button", class: "secondary" }, label);
  button.addEventListener("click", () => {
    notice.replaceChildren();
    action();
  });
  notice.append(" ", button);
}

function sayRefusal(refusal) {
  say(refusal.status === 0 || refusal.status >= 500 ? t("error_again") : refusal.words);
}

/* ---- what happens ---- */

async function rate(score, comment) {
  await conversation.rate(score, comment);
  store.save({ rated: score });
}

function connected(yes) {
  if (!yes && !lineLost) say(t("live_connecting"));
  else if (yes && lineLost) say(t("live_connected"));
  lineLost = !yes;
}

function heard() {
  $("typing").textContent = "";
  if (!shown || document.hidden) count(unread + 1);
  bell.tell(t("unread_title", { count: Math.max(unread, 1), title: config.title }));
}

function typing(name) {
  clearTimeout(typingTimer);
  $("typing").textContent = name ? t("live_typing", { name }) : t("live_typing_someone");
  typingTimer = setTimeout(() => { $("typing").textContent = ""; }, TYPING_SHOWN);
}

/** The place in the line: no screen reader is interrupted at each step. */
function inLine({ position, minutes }) {
  const words = [position && t("live_queue", { position }), position && minutes && t("live_queue_wait", { count: minutes })];
  const text = words.filter(Boolean).join(" ");
  $("line").hidden = !text;
  if ($("line").textContent !== text) $("line").textContent = text;
}

/** The stream's `status` is in the office's language: where that is not the page's, the words are fetched. */
function announced(status) {
  if (status.lang === config.lang) {
    officeChanged(status);
    return;
  }
  clearTimeout(checkTimer);
  checkTimer = setTimeout(refresh, Math.random() * SPREAD);
}

function officeChanged(status) {
  const before = office.open;
  office = { ...office, ...status };
  $("office").classList.toggle("open", office.open);
  $("office-state").textContent = office.open ? t("state_open") : t("state_closed");
  $("office-message").textContent = office.message ?? "";
  settle();
  if (before === office.open) return;
  if (conversation.started) {
    if (store.get().ended) return;
    if (office.open) say(t("live_now_open"));
    else say(t("live_now_closed"), t("live_to_callback"), toCallback);
  } else if (!office.open) {
    callback.carry({ text: composer.take(), name: $("name").value.trim() });
    show("callback");
    say(t("live_now_closed"));
  } else if (!views.callback.hidden) {
    if (callback.begun) say(t("live_now_open_chat"), t("live_to_chat"), toChat);
    else {
      show("talk");
      say(t("live_now_open"));
    }
  }
}

/* A stream tells an open conversation; without one, look now and then, and when the page is woken. */
async function refresh() {
  clearTimeout(checkTimer);
  try {
    const answer = await call("GET", `/api/status?${new URLSearchParams({ lang: config.lang, page: config.page })}`);
    officeChanged(await answer.json());
  } catch {
    // the page keeps what it knew; sending will tell
  }
  checkTimer = setTimeout(refresh, Math.min(CHECK_EVERY, untilChange()));
}

function untilChange() {
  const left = Date.parse(office.open ? office.until : office.reopens) - Date.now();
  return left > 0 ? left + 1_000 + Math.random() * 4_000 : CHECK_EVERY;
}

function count(number) {
  unread = number;
  document.title = unread ? t("unread_title", { count: unread, title: config.title }) : config.title;
  tell({ type: "unread", count: unread });
}

const tell = (message) => framed && window.parent.postMessage({ source: TAG, ...message }, "*"); // no secrets in it
const seen = () => { if (shown && !document.hidden && unread) count(0); };

/* ---- what the citizen presses ---- */

const act = (form, action) => form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await action();
  } catch (refusal) {
    sayRefusal(refusal);
  }
});

act($("end"), () => conversation.close());
act($("erase"), async () => {
  await conversation.erase();
  remember.removeItem?.(KNOWN);
  startAgain([]);
  say(t("live_erased"));
});
act($("again"), () => {
  const texts = carried;
  conversation.forget();
  startAgain(texts);
  say("");
});
$("transcript").addEventListener("click", (event) => {
  event.preventDefault();
  conversation.transcript().catch(sayRefusal);
});
for (const link of document.querySelectorAll(".to-callback")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    toCallback();
  });
}
for (const link of document.querySelectorAll("#to-chat a, .to-chat")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    toChat();
  });
}
$("copy").hidden = !navigator.clipboard;
$("copy").textContent = t("live_copy");
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("reference").textContent.trim());
  $("copy").textContent = t("live_copied");
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) tell({ type: "close" });
});
addEventListener("message", ({ source, data }) => {
  if (!framed || source !== window.parent || data?.source !== TAG || data.type !== "shown") return;
  shown = data.shown === true;
  seen();
});
document.addEventListener("visibilitychange", () => {
  seen();
  if (!document.hidden && !conversation.started) refresh();
});

if (conversation.started) {
  if (!location.pathname.endsWith("/callback")) show("talk");
  talking(Boolean(store.get().id));
  conversation.resume();
}
if (languages.along) bring(languages.along);
checkTimer = setTimeout(refresh, Math.min(CHECK_EVERY, untilChange()));
document.documentElement.dataset.ready = ""; // whoever drives the page knows that a press is heard from now on
tell({ type: "ready" });
