// A page of another origin than its API: the session is a cookie. What fails for a moment is asked for again.
const API = new URLSearchParams(location.search).get("api") ?? import.meta.env.VITE_API_URL;
const $ = (selector) => document.querySelector(selector);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function call(method, path, body) {
  const key = crypto.randomUUID();
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(API + path, {
      method,
      credentials: "include",
      headers: { ...(body && { "Content-Type": "application/json" }), ...(method === "POST" && { "Idempotency-Key": key }) },
      body: body && JSON.stringify(body),
    });
    if (answer.status >= 502 && answer.status <= 504 && tries < 9) await pause(Math.max(300 * tries, 1000 * (answer.headers.get("Retry-After") ?? 0)));
    else return { status: answer.status, value: answer.headers.get("content-type")?.includes("json") ? await answer.json() : null };
  }
}

async function show() {
  const me = await call("GET", "/api/me");
  $("#login").hidden = me.status === 200;
  $("main").hidden = me.status !== 200;
  $("#problem").textContent = "";
  if (me.status !== 200) return;
  $("h1").textContent = `Notes of ${me.value.user.name}`;
  const { value } = await call("GET", "/api/notes");
  $("ul").replaceChildren(...value.items.map((note) => Object.assign(document.createElement("li"), { textContent: note.title })));
}

const given = (form) => Object.fromEntries(new FormData(form));
async function sent(method, path, body) {
  const { status, value } = await call(method, path, body);
  if (status < 400) await show();
  else $("#problem").textContent = value?.error ?? value?.detail ?? `It failed with ${status}`;
}
$("#login").addEventListener("submit", (event) => { event.preventDefault(); sent("POST", "/api/login", given(event.target)); });
$("#add").addEventListener("submit", (event) => {
  event.preventDefault();
  sent("POST", "/api/notes", given(event.target));
  event.target.reset();
});
$("#logout").addEventListener("click", () => sent("POST", "/api/logout"));
show();
