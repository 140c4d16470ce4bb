// Better Auth's own client, told what to do line by line: {"call": "signIn.email", "arguments": [...]} on standard
// input, {"data": ..., "error": ...} on standard output. Cookies are kept as a browser at ORIGIN would.
import { createInterface } from "node:readline";
import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";
import { createRemoteJWKSet, jwtVerify } from "jose";

const [baseURL, ORIGIN] = process.argv.slice(2);
const jar = new Map();
let headers = {};

async function fetchWithCookies(input, init = {}) {
  const request = new Request(input, init);
  request.headers.set("origin", ORIGIN);
  if (jar.size) request.headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
  const response = await fetch(request);
  for (const line of response.headers.getSetCookie()) {
    const [pair, ...attributes] = line.split("; ");
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    if (attributes.includes("Max-Age=0")) jar.delete(name);
    else jar.set(name, value);
  }
  headers = Object.fromEntries(response.headers);
  return response;
}

const client = createAuthClient({
  baseURL,
  plugins: [jwtClient()],
  fetchOptions: { customFetchImpl: fetchWithCookies },
});

const own = {
  "verify token": async (token) => {
    const keys = createRemoteJWKSet(new URL("/api/auth/jwks", baseURL));
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: baseURL, audience: baseURL });
    return { data: { payload, header: protectedHeader }, error: null };
  },
  visit: async (path) => {
    const answer = await fetchWithCookies(new URL(path, baseURL), { redirect: "manual" });
    return { data: { status: answer.status, location: answer.headers.get("location") }, error: null };
  },
  cookies: async () => ({ data: Object.fromEntries(jar), error: null }),
  headers: async () => ({ data: headers, error: null }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, arguments: given } = JSON.parse(line);
  const method = own[call] ?? call.split(".").reduce((object, name) => object[name], client);
  let outcome;
  try {
    outcome = await method(...given);
  } catch (error) {
    outcome = { data: null, error: { thrown: String(error) } };
  }
  console.log(JSON.stringify({ data: outcome.data ?? null, error: outcome.error ?? null }));
}
