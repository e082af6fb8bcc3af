/* The town's quick questions: searched on the page itself, moved to whichever view is seen. */

import { t } from "./text.js";

/** As it is compared: without capitals and accents. */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** `section` is the questions' element, null where the town has none. */
export function takeFaq(section) {
  const search = section?.querySelector("#faq-search");
  if (search) {
    const box = search.querySelector("input");
    const found = search.querySelector("#faq-found");
    const more = section.querySelector("#faq-more");
    const entries = [...section.querySelectorAll(".question")].map((element) => [element, plain(element.textContent)]);
    search.classList.add("ready");
    box.addEventListener("input", () => {
      const wanted = plain(box.value).split(/\s+/).filter(Boolean);
      let count = 0;
      for (const [element, text] of entries) {
        element.hidden = !wanted.every((word) => text.includes(word));
        if (!element.hidden) count += 1;
      }
      section.classList.toggle("searched", wanted.length > 0);
      more.open = wanted.length > 0;
      found.textContent = !wanted.length ? "" : count ? t("live_faq_found", { count }) : t("live_faq_none");
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && box.value) event.stopPropagation(); // empties the field, closes nothing
    });
  }
  return {
    /** Shows them before `element`, or not at all. */
    place(element) {
      if (!section) return;
      section.hidden = !element;
      if (element && section.nextElementSibling !== element) element.before(section);
    },
  };
}
