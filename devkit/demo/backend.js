/**
 * Where the backend is: on the page's own host, at the port that the page's server names. The same host, because to a
 * browser cookies belong to hosts: `w1.localhost:3000` talks to `w1.localhost:8000`, which is the sandbox `w1`.
 *
 * `?sandbox=w1` on `localhost` leads to that page.
 */

/** Resolves with `{http, ws, testUser, panel, sandbox, dialects}`; never, where the address leads to another page. */
export async function findBackend() {
  const url = new URL(location.href);
  const wanted = url.searchParams.get("sandbox");
  if (wanted && url.hostname === "localhost") {
    url.hostname = `${wanted}.localhost`;
    url.searchParams.delete("sandbox");
    location.replace(url);
    return new Promise(() => {});
  }
  const described = await (await fetch("/backend.json")).json();
  const http = `${location.protocol}//${location.hostname}:${described.port}`;
  const sandbox = location.hostname.endsWith(".localhost") ? location.hostname.slice(0, -".localhost".length) : "main";
  return { ...described, http, ws: http.replace("http", "ws"), panel: `${http}/_devkit/`, sandbox };
}
