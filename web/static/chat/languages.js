/* The language menu. The choice goes along in the address; what is typed goes along in the tab's memory, for the
   moment of the change only. Once the citizen has written, the choice is remembered with the conversation. */

import { config } from "./text.js";

const NAME = "linea-diretta-typed";
const CHOSEN = "chosen";

/** What was typed on the page in the other language, and where: `{view, …}`, or null. */
function comeAlong() {
  try {
    const found = sessionStorage.getItem(NAME);
    sessionStorage.removeItem(NAME);
    return JSON.parse(found);
  } catch {
    return null; // storage is forbidden here
  }
}

/**
 * `typed()` answers what is on the page now: `{view, …}`, empty where nothing is. `store` is the conversation's memory.
 * Answers what came along from the page in the other language, and what remembers the choice once it may be.
 */
export function takeLanguages({ links, store, typed }) {
  const address = new URL(location.href);
  const chosen = address.searchParams.has(CHOSEN);

  for (const link of links) {
    link.addEventListener("click", () => {
      const values = typed();
      const url = new URL(link.href);
      url.pathname = `${config.root}/chat${values.view === "callback" ? "/callback" : ""}`;
      url.searchParams.set(CHOSEN, "1");
      link.href = url.href;
      if (!Object.keys(values).some((name) => name !== "view" && values[name])) return;
      try {
        sessionStorage.setItem(NAME, JSON.stringify(values));
      } catch {
        // forbidden: what was typed cannot come along
      }
    });
  }

  const { id, lang } = store.get();
  if (id && chosen) store.save({ lang: config.lang });
  else if (id && lang && lang !== config.lang) {
    address.searchParams.set("lang", lang);
    address.searchParams.set(CHOSEN, "1");
    location.replace(address);
  }
  return {
    along: comeAlong(),
    written: () => chosen && store.save({ lang: config.lang }),
  };
}
