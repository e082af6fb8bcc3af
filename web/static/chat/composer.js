/* The field the citizen writes in: grows, counts, sends with Enter, takes files by button, camera, paste and drop. */

import { config, length, t } from "./text.js";

const COUNT_FROM = 0.9; // part of the limit from which the characters left are shown

/**
 * `send(text)`, `attach(file)` and `typing()` are called with what the citizen does; `tooEarly()` for a file
 * before there is a conversation to put it in.
 */
export function takeComposer({ form, send, attach, tooEarly, typing }) {
  const box = form.elements.text;
  const error = form.querySelector("#text-error");
  const counter = form.querySelector("#counter");
  const choosers = [["#attach", "#file"], ["#photo", "#camera"]].map((pair) => pair.map((one) => form.querySelector(one)));
  const limit = config.limits.text;
  const touch = matchMedia("(hover: none) and (pointer: coarse)").matches; // its Enter key is for new lines
  let files = false;
  if (!touch) {
    form.querySelector("#hint").classList.add("ready");
    box.setAttribute("aria-describedby", "hint text-error");
  }

  function fit() {
    box.rows = 2;
    while (box.rows < 8 && box.scrollHeight > box.clientHeight) box.rows += 1;
    const left = limit - length(box.value);
    const words = left < 0 ? t("live_over", { count: -left }) : t("live_left", { count: left });
    counter.textContent = left > limit * (1 - COUNT_FROM) ? "" : words;
    counter.classList.toggle("over", left < 0);
  }

  function fault(words) {
    error.textContent = words;
    if (words) box.setAttribute("aria-invalid", "true");
    else box.removeAttribute("aria-invalid");
  }

  function submit() {
    const text = box.value.trim();
    const over = length(text) > limit;
    fault(over ? t("error_text_long", { count: limit }) : text ? "" : t("error_text_empty"));
    box.focus();
    if (!text || over) return;
    box.value = "";
    fit();
    send(text);
  }

  function offer(list) {
    if (!files) tooEarly();
    else for (const file of list) attach(file);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || touch) return;
    event.preventDefault();
    submit();
  });
  box.addEventListener("input", () => {
    if (error.textContent) fault("");
    fit();
    if (box.value.trim()) typing();
  });
  box.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    offer(event.clipboardData.files);
  });
  // Anywhere on the page: a file dropped beside the field would else open in the chat's place.
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    offer(event.dataTransfer.files);
  });
  for (const [button, chooser] of choosers) {
    button.addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      offer(chooser.files);
      chooser.value = "";
    });
  }

  return {
    get text() {
      return box.value.trim();
    },
    /** Files can be sent once there is a conversation to put them in. */
    files(yes) {
      files = yes;
      choosers[0][0].hidden = !yes;
      choosers[1][0].hidden = !yes || !touch;
    },
    put(text) {
      if (text) box.value = [text, box.value].filter(Boolean).join("\n\n");
      fit();
    },
    /** Answers the text and empties the field. */
    take() {
      const text = box.value.trim();
      box.value = "";
      fit();
      return text;
    },
    focus: () => box.focus(),
  };
}
