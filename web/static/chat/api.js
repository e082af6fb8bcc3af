/* Calls of the visitor's HTTP API, and what their refusals mean in words. */

import { config, size, t } from "./text.js";

const PATIENCE = 25_000; // ms for an answer: longer than a bad mobile line needs, shorter than a person waits
const PROOFS = 3; // times the hub may ask for another proof of work: one has expired, or was taken and its answer lost
const FILE_PATIENCE = 180_000; // ms: 10 MiB on a slow line

/** A call that was refused (`status` of HTTP) or did not arrive (`status` 0). */
export class Refusal extends Error {
  constructor(status, problem = {}, wait = 0) {
    super(problem.title ?? String(status));
    this.status = status;
    this.problem = problem;
    this.wait = wait; // seconds the server asked us to wait
  }

  /** The same call may succeed later without the citizen doing anything. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 425 || this.status === 429 || this.status >= 500;
  }

  /** The conversation is not there (erased, expired, not ours). */
  get gone() {
    return this.status === 401 || this.status === 404 || this.status === 410;
  }

  get words() {
    switch (this.status) {
      case 0: return t("error_offline");
      case 403: return t("error_blocked");
      case 401: case 404: case 410: return t("error_gone");
      case 409: return t("error_closed");
      case 413: return t("error_large", { limit: size(config.limits.file) });
      case 415: return t(this.problem.picture ? "error_picture" : "error_type");
      case 429: return t("error_fast", { count: this.wait || 5 });
      default: return this.status >= 500 ? t("error_server") : t("error_refused");
    }
  }
}

/** Seconds of a Retry-After header, given as a number or as a date. */
export function retryAfter(headers) {
  const value = headers.get("Retry-After");
  if (!value) return 0;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Math.min(Math.max(0, Math.ceil(seconds) || 0), 3600);
}

/**
 * One call. `json` or `form` is the body, `token` the conversation's secret.
 * Answers the Response; throws Refusal, also when nothing came back in time. Where the hub wants a proof of work, it is
 * done on the way.
 */
export async function call(method, path, options = {}) {
  for (let proof, tries = 0; ; tries += 1) {
    try {
      return await once(method, path, { ...options, proof });
    } catch (refusal) {
      const { challenge } = refusal.problem;
      if (!challenge || tries === PROOFS) throw refusal;
      proof = await import("./proof.js").then(({ solve }) => solve(challenge)).catch(() => { throw refusal; });
    }
  }
}

async function once(method, path, { json, form, token, proof, accept = "application/json", quiet = false }) {
  const headers = { Accept: accept };
  if (proof) headers.Altcha = proof;
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json) headers["Content-Type"] = "application/json";
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), form ? FILE_PATIENCE : PATIENCE);
  try {
    const answer = await fetch(address(path), { method, headers, body: json ? JSON.stringify(json) : form,
      signal: abort.signal, credentials: "omit", cache: "no-store", keepalive: quiet });
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({}));
    throw new Refusal(answer.status, problem, retryAfter(answer.headers));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(0);
  } finally {
    clearTimeout(timer);
  }
}

/** The full address of an API path, or of the URL an event carried; never one of another server (the token goes with it). */
export function address(path) {
  const url = new URL(path.startsWith("/") ? config.root + path : path, location.href);
  if (url.origin !== location.origin) throw new Refusal(400);
  return url.href;
}
