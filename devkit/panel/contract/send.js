/*
 * Sends an example to the mock, as whoever was chosen. It goes without cookies: what the panel tries must not sign the
 * frontend, which shares this machine's cookies, in or out.
 */

import { namedSandbox, post } from "../core/api.js";

const tokens = new Map();
const SHOWN_MAX = 256 * 1024;

/** `identity` is an email, or an empty text for nobody. Returns `{status, headers, body, size, took, requestId}`. */
export async function send({ method, path, query, headers, body, identity, signal }) {
  const sent = new Headers(headers);
  if (identity) sent.set("Authorization", `Bearer ${await tokenOf(identity)}`);
  if (namedSandbox()) sent.set("X-Devkit-Sandbox", namedSandbox());
  if (typeof body === "string") sent.set("Content-Type", "application/json");
  const search = new URLSearchParams(query).toString();
  const begun = performance.now();
  const response = await fetch(`${path}${search ? `?${search}` : ""}`, { method, headers: sent, body, credentials: "omit", redirect: "follow", cache: "no-store", signal });
  const text = await response.text();
  if (response.status === 401) tokens.delete(identity);
  return {
    status: response.status,
    headers: [...response.headers],
    body: text.slice(0, SHOWN_MAX),
    size: text.length,
    took: (performance.now() - begun) / 1000,
    requestId: response.headers.get("X-Request-ID"),
  };
}

async function tokenOf(email) {
  if (!tokens.has(email)) tokens.set(email, (await post("/tokens", { user: email, lifetime: "1d" })).token);
  return tokens.get(email);
}

window.addEventListener("devkit-reset", () => tokens.clear());
