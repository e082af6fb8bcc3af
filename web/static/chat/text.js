/* Words: the page's texts, moments and sizes by locale, and links inside a citizen's or operator's text. */

export const config = JSON.parse(document.getElementById("config").textContent);

const rules = new Intl.PluralRules(config.locale);
const figures = new Intl.NumberFormat(config.locale);
const FOREIGN = new Set(["name", "title"]); // what others wrote: kept together in a text from right to left

/** The text for a key of the catalogue, its plural form chosen by `count`, `{name}` places filled in. */
export function t(key, values = {}) {
  const text = config.texts[key] ?? key;
  const chosen = typeof text === "string" ? text : text[rules.select(values.count)] ?? text.other;
  return chosen.replace(/\{(\w+)\}/g, (place, name) => {
    const value = values[name] ?? place;
    if (typeof value === "number") return figures.format(value);
    return FOREIGN.has(name) && document.dir === "rtl" ? `\u2068${value}\u2069` : value;
  });
}

const format = (options) => new Intl.DateTimeFormat(config.locale, { timeZone: config.timezone, ...options });
const clock = { hour: "numeric", minute: "2-digit" };
const day = { day: "numeric", month: "numeric" };

/** By the office's clock: "10:42" today, "24/11, 10:42" on another day, as the language writes them; "" for what is not a moment. */
export function moment(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  const today = format(day).format(date) === format(day).format(new Date());
  return format(today ? clock : { ...day, ...clock }).format(date);
}

/** A size in bytes as people say it: "12 kB", "3,4 MB". */
export function size(bytes) {
  const mega = bytes >= 1e6;
  const number = new Intl.NumberFormat(config.locale, { style: "unit", unit: mega ? "megabyte" : "kilobyte",
    maximumFractionDigits: mega ? 1 : 0 });
  return number.format(mega ? bytes / 1e6 : Math.max(1, bytes / 1e3));
}

/** Characters as the server counts them: an emoji is one. */
export const length = (text) => [...text].length;

/** An element with attributes (never markup) and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

// A web address; an e-mail address, which may have digits; a phone number, which a text from right to left would turn around.
const PARTS = /\bhttps?:\/\/[^\s<>"]+|[\w.+-]+@[\w.-]+|\+?\d[\d ().\/-]{5,30}\d/gi;

/** The text as nodes, its web addresses as links. A closing bracket or full stop after one is not part of it. */
export function linked(text) {
  const nodes = [];
  let rest = 0;
  for (const match of text.matchAll(PARTS)) {
    if (/^\+?\d[^@]*$/.test(match[0])) {
      nodes.push(text.slice(rest, match.index), make("bdi", { dir: "ltr" }, match[0]));
      rest = match.index + match[0].length;
      continue;
    }
    const address = match[0].replace(/[.,;:!?'»”)\]}]+$/, "");
    let url;
    try {
      url = new URL(address);
    } catch {
      continue;
    }
    nodes.push(text.slice(rest, match.index));
    nodes.push(make("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, address,
      make("span", { class: "unseen" }, ` ${t("new_window")}`)));
    rest = match.index + address.length;
  }
  nodes.push(text.slice(rest));
  return nodes;
}

const STYLES = { bold: "b", italic: "i", strike: "s", code: "code", pre: "code", quote: "q" }; // all there is

/** The text as nodes, its marks `[start, end, kind]` (in characters) as elements; what is no mark of ours is passed over. */
export function styled(text, marks) {
  if (!marks?.length) return linked(text);
  const letters = [...text];
  const edges = [...new Set([0, letters.length, ...marks.flatMap(([start, end]) => [start, end])])].sort((a, b) => a - b);
  return edges.slice(1).flatMap((end, number) => {
    const start = edges[number];
    let nodes = linked(letters.slice(start, end).join(""));
    for (const [first, last, kind] of marks) {
      if (first <= start && end <= last && Object.hasOwn(STYLES, kind)) nodes = [make(STYLES[kind], {}, ...nodes)];
    }
    return nodes;
  });
}

/** A key that is unlike any other; pages without HTTPS have no crypto.randomUUID. */
export function key() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
