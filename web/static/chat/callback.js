/* The form with recapiti: checked as it is filled in, sent under one client_id, never losing what was typed. */

import { call } from "./api.js";
import { config, key, length, t } from "./text.js";

const FIELDS = ["name", "email", "phone", "text", "consent"];
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/;
const PHONE = /^\+?[\d\s()./-]{5,25}$/;

/** What is wrong with the values, field by field; the server has the last word. */
export function faults({ name, email, phone, text, consent }, textNeeded = true) {
  const found = {};
  if (!name) found.name = t("error_name");
  if (!email && !phone) found.email = t("error_contact");
  if (email && !EMAIL.test(email)) found.email = t("error_email");
  if (phone && !(PHONE.test(phone) && phone.replace(/\D/g, "").length >= 5)) found.phone = t("error_phone");
  if (!text && textNeeded) found.text = t("error_text_empty");
  if (length(text) > config.limits.text) found.text = t("error_text_long", { count: config.limits.text });
  if (!consent) found.consent = t("error_consent");
  return found;
}

/**
 * Takes the form over. `chat()` answers the `{id, token}` of a conversation that goes on, which then becomes the callback
 * with all that was written in it; `received(reference, chat)` is called once the office has it.
 */
export function takeCallback({ form, summary, chat, received }) {
  const button = form.querySelector("button.primary");
  const field = (name) => form.elements[name];
  let clientId = key();
  let tried = false;
  let sending = false;

  const values = () => ({
    name: field("name").value.trim(),
    email: field("email").value.trim(),
    phone: field("phone").value.trim(),
    text: field("text").value.trim(),
    consent: field("consent").checked,
  });

  const wrong = (typed) => faults(typed, !chat());

  function show(found, names = FIELDS) {
    for (const name of names) {
      const input = field(name);
      document.getElementById(`${input.id}-error`).textContent = found[name] ?? "";
      if (found[name]) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  /** A field is judged when it is left; after the first try, all of them while they are typed. */
  function check({ type, target }) {
    if (!FIELDS.includes(target.name)) return;
    if (tried) show(wrong(values()));
    else if (type === "change" && values()[target.name]) show(wrong(values()), [target.name]);
  }

  /** The server's own findings, in our words: RFC 9457 with `errors: [{at, detail}]`. */
  function serverFaults({ errors = [] }) {
    const words = { name: t("error_name"), email: t("error_email"), phone: t("error_phone"),
      text: t("error_text_long", { count: config.limits.text }), consent: t("error_consent") };
    const found = {};
    for (const { at } of errors) {
      if (at in words) found[at] = words[at];
      else if (!at) found.email = t("error_contact"); // the whole is wrong: no way to reach the citizen
    }
    return found;
  }

  async function submit(event) {
    event.preventDefault();
    tried = true;
    const typed = values();
    let found = wrong(typed);
    if (!Object.keys(found).length) {
      try {
        await send(typed);
        return;
      } catch (refusal) {
        found = refusal.status === 422 || refusal.status === 400 ? serverFaults(refusal.problem) : {};
        if (!Object.keys(found).length) {
          summary.textContent = refusal.status === 0 ? t("error_connection") : refusal.words;
          return;
        }
      }
    }
    show(found);
    summary.textContent = t("errors_title");
    field(FIELDS.find((name) => found[name])).focus();
  }

  async function send(typed) {
    if (sending) return;
    sending = true;
    button.setAttribute("aria-disabled", "true"); // a disabled button would drop the focus
    summary.textContent = "";
    try {
      const json = { client_id: clientId, lang: config.lang, name: typed.name, text: typed.text, consent: true };
      const ongoing = chat();
      if (ongoing) json.conversation = ongoing.id;
      if (config.page) json.page = config.page;
      if (field("homepage").value) json.homepage = field("homepage").value;
      if (typed.email) json.email = typed.email;
      if (typed.phone) json.phone = typed.phone;
      const answer = await call("POST", "/api/callbacks", { json, token: ongoing?.token });
      const { reference } = await answer.json();
      form.reset();
      clientId = key();
      tried = false;
      show({});
      received(reference, ongoing);
    } finally {
      sending = false;
      button.removeAttribute("aria-disabled");
    }
  }

  form.addEventListener("submit", submit);
  // An error that appears while a button is pressed would move it from under the finger.
  let pressed; // a promise of the pointer's being up again
  let up;
  addEventListener("pointerdown", () => { pressed = new Promise((done) => { up = done; }); });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(() => up?.()));
  form.addEventListener("change", async (event) => {
    await pressed;
    check(event);
  });
  form.addEventListener("input", check);

  return {
    /** Asks for a text only where no conversation has it. */
    fit() {
      const ongoing = Boolean(chat());
      document.getElementById("cb-ongoing").hidden = !ongoing;
      document.getElementById("cb-text-label").textContent = ongoing ? t("text_more") : t("text");
      field("text").setAttribute("aria-required", String(!ongoing));
    },
    /** Whether the citizen has begun to fill it in. */
    get begun() {
      const { name, email, phone, text } = values();
      return Boolean(name || email || phone || text);
    },
    /** All that is typed, for the same form in another language. */
    get typed() {
      return values();
    },
    set typed(kept) {
      for (const [name, value] of Object.entries(kept)) {
        if (name === "consent") field(name).checked = value;
        else field(name).value = value;
      }
    },
    get text() {
      return field("text").value.trim();
    },
    /** Carries what was written in the chat over, after what is already there. */
    carry({ text, name }) {
      const old = field("text").value;
      if (text && !old.includes(text)) field("text").value = [old, text].filter(Boolean).join("\n\n");
      if (name && !field("name").value) field("name").value = name;
    },
  };
}
