// Runs the Slack of npm `emulate` on a free loopback port and sends its events to one address.
// node slack_emulator.mjs DIST PUBLIC_URL EVENTS_URL: DIST is emulate's dist folder, PUBLIC_URL what its own
// links should start with. Prints {"url": ...} as one line, then serves until standard input ends.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [dist, publicUrl, eventsUrl] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(path.join(dist, name)).href);

// emulate's API has no way to register an events address; its plugin is handed the dispatcher that has.
const holdsPlugin = (name) =>
  name.startsWith("dist-") && name.endsWith(".js") &&
  readFileSync(path.join(dist, name), "utf8").includes("slackPlugin\n}");
const { slackPlugin } = await load(readdirSync(dist).find(holdsPlugin));
const register = slackPlugin.register.bind(slackPlugin);
let dispatcher;
slackPlugin.register = (app, store, webhooks, ...rest) => {
  dispatcher = webhooks;
  return register(app, store, webhooks, ...rest);
};

const { createEmulator } = await load("api.js");
const port = await new Promise((resolve) => {
  // emulate does not tell the port it was given, so a free one is found first.
  import("node:net").then(({ createServer }) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const free = probe.address().port;
      probe.close(() => resolve(free));
    });
  });
});
await createEmulator({
  service: "slack",
  port,
  hostname: "127.0.0.1",
  baseUrl: publicUrl,
  seed: {
    slack: {
      users: [
        { name: "anna", real_name: "Anna Bianchi", email: "anna@comune.example" },
        { name: "marco", real_name: "Marco Rossi", email: "marco@comune.example" },
      ],
      channels: [{ name: "urp" }],
      bots: [{ name: "linea" }],
      oauth_apps: [
        {
          client_id: "1.2",
          client_secret: "unused",
          app_id: "A0LINEA001",
          name: "Linea Diretta",
          redirect_uris: ["http://127.0.0.1/unused"],
          bot_name: "linea",
        },
      ],
      tokens: [
        { token: "xoxb-linea", user: "linea" },
        { token: "xoxp-anna", user: "anna" },
        { token: "xoxp-marco", user: "marco" },
      ],
      signing_secret: "unused-in-socket-mode",
    },
  },
});
dispatcher.register({ url: eventsUrl, events: ["*"], active: true, owner: "slack" });
console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/` }));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
