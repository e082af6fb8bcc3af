/* Linea Diretta: the red button. One script tag on any page draws it; pressing it opens the chat in an iframe.
   Everything is in a closed scope and a shadow root; styles are constructed sheets, so a strict CSP of the
   host page needs only script-src, connect-src and frame-src for the hub. */
(() => {
  "use strict";
  const TAG = "linea-diretta";
  const script = document.currentScript || document.querySelector('script[src*="/static/widget.js"]');
  if (!script) return;
  const hub = new URL("../", script.src);
  const CHECK_EVERY = 300_000; // ms between looks at the office's state while nothing is known to change
  const DRAW_AFTER = 3_000; // ms the button waits for the state, so that its size does not jump

  // Sizes in em of the reader's own text size: the host page may have made its rem anything.
  const CSS = `
:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483647!important;
inset-block:auto 1em!important;inset-inline:auto 1em!important;font:medium/1.35 system-ui,"Titillium Web",sans-serif!important;color-scheme:light dark}
*{box-sizing:border-box}
[hidden]{display:none!important}
button{font:inherit;cursor:pointer;border:2px solid transparent}
button:focus-visible{outline:3px solid #fff;outline-offset:0;box-shadow:0 0 0 6px #000}
.call{display:flex;align-items:center;gap:.75em;min-height:3.5em;max-width:min(22em,calc(100vw - 2em));
padding:.5em 1.25em .5em 1em;border-radius:1.75em;background:var(--c);color:var(--t);text-align:start;
box-shadow:0 2px 10px #0006}
section{--c:#b3122b;--t:#fff}
.call:hover .name{text-decoration:underline}.x:hover{outline:2px solid;outline-offset:-7px}
.call svg{flex:none;width:1.75em;height:1.75em}
.name{display:block;font-weight:700}
.state{display:block;font-size:.875em}
.dot{display:inline-block;width:.7em;height:.7em;margin-inline-end:.4em;border:2px solid;border-radius:50%}
.open .dot{background:currentColor}
.badge{flex:none;min-width:1.6em;padding:.1em .4em;border-radius:1em;background:var(--t);color:var(--c);font-weight:700;text-align:center}
dialog{position:fixed;inset-block:auto 5.5em;inset-inline:auto 1em;flex-direction:column;width:25em;height:min(42em,calc(100vh - 6.5em));
max-width:calc(100vw - 2em);max-height:none;margin:0;padding:0;border:1px solid #5a6772;border-radius:.75em;overflow:hidden;
background:#fff;color:#17324d;box-shadow:0 6px 30px #0007}
dialog[open]{display:flex}
.bar{display:flex;flex:none;align-items:center;justify-content:space-between;background:var(--c);color:var(--t);
padding-inline-start:1em;font-weight:700}
.x{flex:none;width:2.75em;height:2.75em;background:transparent;color:inherit;padding:.6em;border-radius:.4em}
.x:focus-visible{outline-offset:-5px;box-shadow:none}
.x svg{display:block;width:100%;height:100%}
iframe{flex:1;width:100%;min-height:0;border:0}
.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
:host([side=left]){inset-inline:1em auto!important}
:host([side=left]) dialog{inset-inline:1em auto}
@media (max-width:30em),(max-height:26em){dialog,:host([side=left]) dialog{inset:0;width:100vw;height:100vh;height:100dvh;max-width:none;
border:0;border-radius:0}}
@media (prefers-color-scheme:dark){dialog{background:#17212b}}
@media (forced-colors:active){.call,.x,dialog{border:2px solid ButtonText}.open .dot{background:ButtonText}
button:focus-visible{outline-color:Highlight}}
@media print{:host{display:none!important}}`;

  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  const make = (tag, attributes = {}, ...children) => {
    const element = set(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  };

  const icon = (...paths) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = set(document.createElementNS(space, "svg"), { viewBox: "0 0 24 24", fill: "none",
      stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round",
      "aria-hidden": "true" });
    svg.append(...paths.map((d) => set(document.createElementNS(space, "path"), { d })));
    return svg;
  };

  // The page's language; the browser's, in their order, where the page has none or one that the hub does not speak.
  const language = () =>
    [script.dataset.lang, document.documentElement.lang, ...(navigator.languages ?? [])].filter(Boolean).slice(0, 6).join();

  const draw = () => {
    if (document.querySelector(TAG)) return;
    const host = document.createElement(TAG);
    const root = host.attachShadow({ mode: "open" });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(make("style", {}, CSS)); // browsers before 2023
    }

    const texts = { button: "Linea diretta con l'URP", state: "", close: "Chiudi / Close", unread: "" };
    const name = make("span", { class: "name" });
    const stateText = make("span");
    const state = make("span", { class: "state" }, make("span", { class: "dot" }), stateText);
    const badge = make("span", { class: "badge", "aria-hidden": "true", hidden: "" });
    const call = make("button", { type: "button", class: "call", hidden: "", "aria-haspopup": "dialog",
      "aria-expanded": "false", "aria-controls": "panel" },
      icon("M21 12a8 8 0 0 1-8 8H4l2-3.2A8 8 0 1 1 21 12Z", "M9 10.5h7M9 14h4.5"), make("span", {}, name, state), badge);
    const said = make("span", { class: "said", role: "status" });
    const title = make("span");
    const shut = make("button", { type: "button", class: "x" }, icon("M5 5l14 14M19 5L5 19"));
    const panel = make("dialog", { id: "panel" }, make("div", { class: "bar" }, title, shut));
    const section = make("section", {}, call, said, panel);
    root.append(section);

    let spoken = {}; // the status last heard: its language and direction
    let frame = null;
    let timer = 0;
    let unread = 0;
    let closed = {}; // the office's state while it is closed: what the town wants the button to do then

    /** Without a button while the town wants none; who has the panel open, or a chat in it, keeps it. */
    const present = () => { section.hidden = closed.when_closed === "no-button" && !frame; };

    const say = (open) => {
      name.textContent = title.textContent = texts.button;
      stateText.textContent = texts.state;
      state.hidden = !texts.state;
      call.classList.toggle("open", open);
      set(shut, { "aria-label": texts.close, title: texts.close });
      for (const element of [panel, section]) set(element, { "aria-label": texts.button });
      if (spoken.lang) set(section, { lang: spoken.lang, dir: spoken.direction });
      if (frame) frame.title = texts.button;
    };

    /** As the town wants it; what CSSOM sets, no policy forbids. */
    const dress = ({ color, text_color, position }) => {
      section.style.setProperty("--c", color);
      section.style.setProperty("--t", text_color);
      set(host, { side: position });
    };

    const look = async () => {
      clearTimeout(timer);
      let wait = CHECK_EVERY;
      try {
        const url = new URL("api/status", hub);
        url.searchParams.set("lang", language());
        url.searchParams.set("page", location.href.split(/[?#]/)[0]);
        // Whoever looks again does so because it may have changed: the answer may be kept, but must be asked about.
        const cache = spoken.lang ? "no-cache" : "default";
        const answer = await fetch(url, { cache, credentials: "omit", signal: AbortSignal.timeout?.(20_000) });
        if (!answer.ok) throw new Error(String(answer.status));
        const status = await answer.json();
        Object.assign(texts, status.texts);
        spoken = status;
        dress(status.look);
        say(status.open);
        closed = status.open ? {} : status;
        present();
        const change = Date.parse(status.open ? status.until : status.reopens) - Date.now();
        if (change > 0) wait = Math.min(wait, change + 1_000 + Math.random() * 5_000);
      } catch {
        texts.state = ""; // not known: better no word than a wrong one
        say(false);
      }
      timer = setTimeout(look, wait);
    };

    const tell = (shown) => frame?.contentWindow?.postMessage({ source: TAG, type: "shown", shown }, hub.origin);

    const count = (number) => {
      if (number > unread && !panel.open) said.textContent = texts.unread;
      if (!number) said.textContent = "";
      unread = panel.open ? 0 : number;
      badge.textContent = String(unread);
      badge.hidden = !unread;
    };

    const open = () => {
      if (!frame && closed.contact_page) {
        location.assign(closed.contact_page);
        return;
      }
      if (!frame) {
        const url = new URL("chat", hub);
        url.searchParams.set("lang", language());
        url.searchParams.set("page", location.href.split("#")[0]);
        url.searchParams.set("title", document.title.slice(0, 200));
        frame = make("iframe", { src: url.href, title: texts.button, allow: "clipboard-write" });
        panel.append(frame);
      }
      const full = matchMedia("(max-width:30rem),(max-height:26rem)").matches;
      if (full) panel.showModal();
      else panel.show();
      set(call, { "aria-expanded": "true" });
      count(0);
      tell(true);
      frame.focus();
    };

    const shutDown = () => {
      set(call, { "aria-expanded": "false" });
      tell(false);
      call.focus();
    };

    call.addEventListener("click", () => (panel.open ? panel.close() : open()));
    shut.addEventListener("click", () => panel.close());
    panel.addEventListener("close", shutDown);
    section.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !panel.open) return;
      event.stopPropagation();
      event.preventDefault();
      panel.close();
    });
    addEventListener("message", ({ source, origin, data }) => {
      if (!frame || source !== frame.contentWindow || origin !== hub.origin || data?.source !== TAG) return;
      if (data.type === "close") panel.close();
      if (data.type === "ready") tell(panel.open);
      if (data.type === "unread") count(Number(data.count) || 0);
    });
    document.addEventListener("visibilitychange", () => document.hidden || look());
    addEventListener("online", look);

    say(false);
    document.documentElement.append(host);
    const show = () => { call.hidden = false; };
    look().finally(show);
    setTimeout(show, DRAW_AFTER);
  };

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", draw);
  else draw();
})();
