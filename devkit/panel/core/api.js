/* Calls of the control API, on the sandbox that the page is about. */

const TOKEN = "devkit-control-token";

export class ControlError extends Error {
  constructor(status, code, message, details) {
    super(message);
    Object.assign(this, { status, code, details: details ?? {} });
  }

  /** The message, and what is wrong with each parameter. */
  get told() {
    const details = Object.entries(this.details).map(([name, problem]) => `${name}: ${problem}`);
    return details.length ? details.join("\n") : this.message;
  }
}

/** The sandbox that the page's address names; null: the one that its host means. */
export function namedSandbox() {
  return new URLSearchParams(location.search).get("devkit_sandbox");
}

/** The address with the page's sandbox in it. */
export function onSandbox(path) {
  const sandbox = namedSandbox();
  if (!sandbox) return path;
  return `${path}${path.includes("?") ? "&" : "?"}devkit_sandbox=${encodeURIComponent(sandbox)}`;
}

/** What a fetch of ours must carry: the token, where this server asked for one. */
export function credentials() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { "X-Devkit-Token": token } : {};
}

export function keepToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

/** `{a: 1, b: null}` as `?a=1`. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** The answer's JSON. Throws ControlError; its code is `unreachable` where nobody answers. */
export async function call(method, path, body, { signal } = {}) {
  const headers = credentials();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    response = await fetch(onSandbox(`/_devkit/api${path}`), { method, headers, body: sent, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ControlError(0, "unreachable", "The server does not answer");
  }
  const told = await response.json().catch(() => ({}));
  if (response.ok) return told;
  const message = told.message ?? `The server answered ${response.status}`;
  throw new ControlError(response.status, told.error ?? "unknown", message, told.details);
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body = {}) => call("POST", path, body);
export const put = (path, body = {}) => call("PUT", path, body);
export const remove = (path) => call("DELETE", path);

/** The address of a control WebSocket. */
export function socketAddress(path) {
  const url = new URL(onSandbox(`/_devkit/api${path}`), location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return url.href;
}

export const segment = encodeURIComponent;
