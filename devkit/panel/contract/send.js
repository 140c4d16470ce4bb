/*
 * Sends an example to the mock, as whoever was chosen: with a token and without cookies, so that the frontend, which
 * shares this machine's cookies, is signed neither in nor out; or, where that is wanted, with the cookies of this page.
 */

import { namedSandbox, post } from "../core/api.js";
import { curl } from "../traffic/export.js";
import { sendable } from "./body.js";

const tokens = new Map();
const SHOWN_MAX = 256 * 1024;

/** `identity` is an email, or an empty text for nobody; null: whoever the cookies say. `body` is what `dk-call-body` has. Returns `{status, headers, body, size, took, requestId}`. */
export async function send(wish) {
  const { address, headers, body } = await prepared(wish);
  const begun = performance.now();
  const response = await fetch(address, { method: wish.method, headers, body, credentials: wish.identity === null ? "same-origin" : "omit", redirect: "follow", cache: "no-store" });
  const text = await response.text();
  if (response.status === 401) tokens.delete(wish.identity);
  return {
    status: response.status,
    headers: [...response.headers],
    body: text.slice(0, SHOWN_MAX),
    size: text.length,
    took: (performance.now() - begun) / 1000,
    requestId: response.headers.get("X-Request-ID"),
  };
}

/** The same for a terminal. Cookies are kept in a file there: what signs in writes them, what follows sends them. */
export async function asCurl(wish) {
  const { address, headers } = await prepared(wish);
  const { fields = {}, files } = wish.body;
  const form = files ? [...Object.entries(fields).map(([name, value]) => `${name}=${value}`), ...files.map(([name, file]) => `${name}=@${file.name}`)] : null;
  return curl({
    url: new URL(address, location.href).href, method: wish.method, headers: Object.entries(headers), form,
    body: form ? null : sendable(wish.body).body ?? null, jar: wish.identity === null ? "cookies.txt" : null,
  });
}

async function prepared({ path, query, headers, body, identity }) {
  const sent = { ...headers };
  if (identity) sent.Authorization = `Bearer ${await tokenOf(identity)}`;
  if (namedSandbox()) sent["X-Devkit-Sandbox"] = namedSandbox();
  const given = sendable(body);
  if (given.type) sent["Content-Type"] = given.type;
  const search = new URLSearchParams(query).toString();
  return { address: `${path}${search ? `?${search}` : ""}`, headers: sent, body: given.body };
}

async function tokenOf(email) {
  if (!tokens.has(email)) tokens.set(email, (await post("/tokens", { user: email, lifetime: "1d" })).token);
  return tokens.get(email);
}

window.addEventListener("devkit-reset", () => tokens.clear());
