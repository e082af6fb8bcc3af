/* The conversation by e-mail: asked for at its end, where the town has a mail server. */

import { t } from "./text.js";

/** `send(email)` asks the hub for it. Answers what clears the form for another conversation. */
export function takeMail({ form, send }) {
  if (!form) return () => {};
  const { email } = form.elements;
  const error = form.querySelector("#mail-error");
  const done = form.querySelector("#mailed");

  function fault(words) {
    error.textContent = words;
    if (words) email.setAttribute("aria-invalid", "true");
    else email.removeAttribute("aria-invalid");
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const to = email.value.trim();
    done.textContent = "";
    try {
      if (!to || !email.validity.valid) throw { status: 422 };
      await send(to);
      fault("");
      done.textContent = t("live_mailed", { email: to });
    } catch (refusal) {
      fault(refusal.status === 422 ? t("error_email") : refusal.status === 409 ? t("live_mail_refused") : refusal.words);
      email.focus();
    }
  });

  return () => {
    form.reset();
    fault("");
    done.textContent = "";
  };
}
