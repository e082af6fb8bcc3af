/* Entry of the citizen's page. */

const RELOAD_EVERY = 15_000; // ms

/* A conversation begun without JavaScript is held by a cookie no script can read: its page stays with plain
   forms and only reloads, never while something is being typed. */
if (document.getElementById("main").dataset.view === "conversation") {
  setInterval(() => {
    if (!document.getElementById("text")?.value) location.reload();
  }, RELOAD_EVERY);
} else {
  import("./chat/page.js");
}
