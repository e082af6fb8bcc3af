/* How far a message with contact details is, by its reference: the plain form's answer without leaving the page. */

import { call } from "./api.js";
import { t } from "./text.js";

/** Takes the form over; the answer stands below it. */
export function takeReference({ form, answer }) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = form.elements.reference.value.trim();
    try {
      const found = await call("GET", `/api/callbacks/${encodeURIComponent(asked || "-")}`);
      answer.textContent = t(`progress_${(await found.json()).state}`);
    } catch (refusal) {
      answer.textContent = refusal.status === 404 ? t("progress_unknown") : refusal.words;
    }
  });
}
