/**
 * The innermost layer: one `fetch`, with what every call needs.
 *
 * - `credentials: "include"`: the session is an HttpOnly cookie of the backend's origin, which scripts cannot read.
 * - `X-Client-Version`: lets a backend know which frontends are still about. It makes a call one with a preflight, so a
 *   `plain` call, which asks for what everybody may see, goes without.
 * - `bearer`: some of the API takes no cookie, but the same session's token.
 * - `cache: "no-store"`: what is shown shall be what the backend says now.
 */

import { Failure } from "./failure.js";

export const VERSION = "1.0";

/** `token()` is the session's token as of now: it changes when the session is renewed. */
export const sendingTo = (backend, token) => async (call) => {
  const headers = { Accept: "application/json", ...call.headers };
  if (!call.plain) headers["X-Client-Version"] = VERSION;
  if (call.bearer && token()) headers.Authorization = `Bearer ${token()}`;
  if (call.json !== undefined) headers["Content-Type"] = "application/json";
  const options = { method: call.method, headers, credentials: "include", cache: "no-store", signal: call.signal };
  if (call.json !== undefined) options.body = JSON.stringify(call.json);
  try {
    return await fetch(backend.http + call.path, options);
  } catch (cause) {
    throw new Failure(cause.name === "AbortError" ? "cancelled" : "unreachable", { cause });
  }
};
