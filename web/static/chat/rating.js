/* The vote at the end: one press is enough; a comment may follow it, and is asked for only then. */

import { t } from "./text.js";

/** `rate(score, comment)` sends it; `failed(refusal)` says why it did not arrive. */
export function takeRating({ form, thanks, rate, failed }) {
  const comment = form.elements.comment;
  const send = form.querySelector("#comment-send");
  const field = comment.closest(".field");
  let score = 0;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const pressed = Number(event.submitter?.value) || score;
    if (!pressed) return;
    try {
      await rate(pressed, comment.value.trim());
    } catch (refusal) {
      failed(refusal);
      return;
    }
    if (event.submitter === send) form.hidden = true;
    score = pressed;
    for (const button of form.querySelectorAll("[name=score]")) {
      button.setAttribute("aria-pressed", String(Number(button.value) === score));
    }
    send.hidden = field.hidden = false;
    thanks.textContent = t("rating_thanks");
  });

  return {
    reset() {
      score = 0;
      form.reset();
      form.hidden = false;
      send.hidden = field.hidden = true;
      thanks.textContent = "";
      for (const button of form.querySelectorAll("[name=score]")) button.removeAttribute("aria-pressed");
    },
  };
}
