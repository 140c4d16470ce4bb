/*
 * An entry as something to run again. The journal masks secrets, so that what was signed in gets a token of its own,
 * as good or as bad as the one that was sent.
 */

import { post, remove, segment } from "../core/api.js";
import { kept } from "../core/format.js";
import { store } from "../core/store.js";

const MASK = "***";
const LEFT_OUT = /^(host|content-length|connection|accept-encoding|accept-language|user-agent|cookie|authorization|x-api-key|x-devkit-.*|sec-.*|referer|priority|pragma|cache-control|upgrade-insecure-requests)$/i;
const BAD = {
  token_expired: { expired: true },
  token_invalid: { defect: "signature" },
  token_revoked: {},
};

/** `{url, method, headers, body, notes}`: what was sent, in a form that can be sent again. */
export async function repeatable(entry, { cookies = false } = {}) {
  const sent = entry.request?.headers ?? [];
  const had = (name) => sent.find(([key]) => key.toLowerCase() === name)?.[1];
  const wanted = sent.filter(([name]) => !LEFT_OUT.test(name));
  const headers = wanted.map(([name, value]) => [name, kept(value).text]);
  const { text: path, length } = kept(entry.path);
  const notes = wanted.filter(([, value]) => kept(value).length).map(([name]) => `the journal keeps the beginning of a long header: ${name} is not all there`);
  if (length) notes.push(`the journal keeps the beginning of a long address: of ${length} this is not all`);
  const origin = new URL(location.origin);
  // Names below localhost mean a sandbox; the header says the same, and works for every client.
  if (origin.hostname.endsWith(".localhost")) origin.hostname = "localhost";
  if (entry.sandbox !== "main") headers.push(["X-Devkit-Sandbox", entry.sandbox]);
  const identified = had("authorization") || had("x-api-key") || had("cookie")?.includes("token");
  if (identified && !cookies) {
    const token = await credential(entry);
    if (token) headers.push(["Authorization", `Bearer ${token}`]);
  }
  let body = entry.request?.body ?? null;
  const multipart = /^multipart\//i.test(had("content-type") ?? "");
  if (body !== null) body = unmasked(body);
  if (body?.includes(MASK)) notes.push("the journal masks secrets: replace ***");
  if (entry.path.includes(MASK)) notes.push("the journal masks secrets in addresses: replace ***");
  if (entry.request?.cut) notes.push("the journal keeps the first 8 KiB of a body: this is not all of it");
  if (multipart) notes.push("the journal keeps no files: this sends one of yours");
  return { url: origin.origin + path, method: entry.method, headers, body, multipart, notes };
}

async function credential(entry) {
  const user = entry.user ?? store.status.test_user.email;
  const minted = await post("/tokens", { user, lifetime: "1h", ...(BAD[entry.error] ?? {}) });
  if (entry.error === "token_revoked") await remove(`/sessions/${segment(minted.session_id)}`);
  return minted.token;
}

/** The seeded user's password is no secret: a sign-in with it can be repeated. */
function unmasked(body) {
  try {
    const value = JSON.parse(body);
    const { email, password } = store.status.test_user;
    const who = value.email ?? value.username;
    if (typeof who !== "string" || who.toLowerCase() !== email.toLowerCase() || value.password !== MASK) return body;
    return JSON.stringify({ ...value, password });
  } catch {
    return body;
  }
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** A line for a terminal. `form` are the fields of a form with files, as curl's `-F` takes them; `jar` is a file of cookies. */
export function curl({ url, method, headers, body = null, form = null, jar = null }) {
  const lines = [`curl -i ${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`];
  if (jar) lines.push(`-b ${jar} -c ${jar}`);
  for (const [name, value] of headers) {
    if (form && name.toLowerCase() === "content-type") continue;
    lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  }
  if (form) lines.push(...form.map((part) => `-F ${quoted(part)}`));
  else if (body !== null) lines.push(`--data-raw ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

export async function asCurl(entry) {
  const { url, method, headers, body, multipart, notes } = await repeatable(entry);
  const form = multipart ? ["file=@your-file"] : null;
  return [...notes.map((note) => `# ${note}`), curl({ url, method, headers, body, form })].join("\n");
}

/** For a console of the frontend: its own cookies go along, so that it is signed in as the frontend is. */
export async function asFetch(entry) {
  const bearer = entry.request?.headers.some(([name]) => /^(authorization|x-api-key)$/i.test(name));
  const { url, method, headers, body, multipart, notes } = await repeatable(entry, { cookies: !bearer });
  const options = { method, credentials: "include" };
  const kept = headers.filter(([name]) => !/^(origin|accept)$/i.test(name) && !(multipart && /^content-type$/i.test(name)));
  if (kept.length) options.headers = Object.fromEntries(kept);
  let written = JSON.stringify(options, null, 2);
  if (multipart) written = written.replace(/\n}$/, ",\n  \"body\": form\n}");
  else if (body !== null) written = written.replace(/\n}$/, `,\n  "body": ${JSON.stringify(body)}\n}`);
  const form = multipart ? ['const form = new FormData();', 'form.append("file", new File(["…"], "file.txt"));'] : [];
  return [...notes.map((note) => `// ${note}`), ...form, `await fetch(${JSON.stringify(url)}, ${written});`].join("\n");
}

/** A scenario whose one rule means exactly this; null for what no rule can mean. */
export function asScenario(entry) {
  if (entry.type === "socket") {
    const type = eventOf(entry.frame);
    if (!type) return null;
    return draft(`break-${type.replaceAll("_", "-")}`, `The event ${type} never arrives`, { event: [type] }, { type: "ws.msg_drop" });
  }
  if (entry.type !== "request") return null;
  const { text, length } = kept(entry.path);
  const [address, ...query] = text.split("?");
  const path = globless(address) + (length && !query.length ? "*" : "");
  const match = entry.operation ? { operation: [entry.operation], method: [entry.method], path: [path] } : { method: [entry.method], path: [path] };
  const name = entry.operation ?? `${entry.method}-${path}`;
  const fault = { type: "http.abort", status: 503 };
  return draft(`break-${slug(name)}`, `${entry.method} ${address.slice(0, 120)} fails`, match, fault);
}

function draft(name, title, match, fault) {
  return { name: name.slice(0, 64), title, rules: [{ id: "break", match, fault }] };
}

export const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 50) || "this";

/** What stands for itself in a pattern. */
const globless = (path) => path.replace(/[[*?]/g, "[$&]");

function eventOf(frame) {
  const type = /"type"\s*:\s*"([a-z_]+)"/.exec(frame ?? "")?.[1];
  return type && /^(task|upload|model|message)_|^notification$/.test(type) ? type : null;
}
