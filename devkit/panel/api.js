/* Calls of the control API: on the sandbox that the page's own address names. */

const TOKEN = "devkit-control-token";
const sandbox = new URLSearchParams(location.search).get("devkit_sandbox");

export class ControlError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** The address with the page's sandbox in it. */
export function onSandbox(path) {
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

/** The answer's JSON. Throws ControlError; its code is `unreachable` where nobody answers. */
export async function call(method, path) {
  let response;
  try {
    response = await fetch(onSandbox(`/_devkit/api${path}`), { method, headers: credentials() });
  } catch {
    throw new ControlError("unreachable", "The server does not answer");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ControlError(body.error ?? "unknown", body.message ?? `Status ${response.status}`);
  return body;
}
