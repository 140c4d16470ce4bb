/**
 * What this frontend does right, as a table: each virtue has the module that holds it, and can be switched off, by the
 * switch on the page or by the address: `?without=single-flight,backoff`, or `?without=all`.
 *
 * Whoever has a virtue asks `virtues.has(id)` at the moment it matters, so that a switch works at once. What a naive
 * frontend does instead stands in `naive.js`, and nowhere else.
 */

export const AREAS = [
  { id: "session", title: "Staying signed in" },
  { id: "calls", title: "Calling the backend" },
  { id: "tasks", title: "Showing what it says" },
  { id: "live", title: "Listening to it" },
  { id: "files", title: "Sending files" },
  { id: "chat", title: "Reading a stream" },
];

/** `does`: with it. `without`: what a naive frontend does. `scenarios`: where the difference shows. */
export const VIRTUES = [
  {
    id: "single-flight",
    area: "session",
    title: "One refresh for all",
    does: "However many calls find the session expired, one refresh renews it and all of them wait for that one.",
    without: "Every call that fails refreshes by itself. The second one uses a refresh token that is used up, and the user is out.",
    scenarios: ["concurrent-refresh", "expired-token"],
    module: "net/renewal.js",
  },
  {
    id: "refresh-limit",
    area: "session",
    title: "One round, no loop",
    does: "A call is repeated once after a refresh. If the new session is refused too, it asks to sign in.",
    without: "It refreshes after every 401, for as long as there are any.",
    scenarios: ["refresh-loop"],
    module: "net/renewal.js",
  },
  {
    id: "session-end",
    area: "session",
    title: "An end is an end",
    does: "When the session cannot be renewed it stops calling, says why, and keeps what was typed while you sign in again.",
    without: "It goes on calling, and every call is refused.",
    scenarios: ["expired-everything", "token-revoked"],
    module: "session.js",
  },
  {
    id: "session-check",
    area: "session",
    title: "A sign-in is checked",
    does: "After signing in it asks who is signed in. If the browser kept no session, it says so instead of trying again.",
    without: "The next call is refused, so it signs in again, and again.",
    scenarios: ["cookie-blocked", "jwt-in-body"],
    module: "session.js",
  },
  {
    id: "fresh-start",
    area: "session",
    title: "Begins at the beginning",
    does: "When signing in with Google or GitHub goes wrong it says why, and begins anew when you try again: a code is good once.",
    without: "It sends the code that was refused again, and again.",
    scenarios: ["social-login-fails"],
    module: "social.js",
  },
  {
    id: "backoff",
    area: "calls",
    title: "Patience that grows",
    does: "Tries again after a pause that doubles and has chance in it. When nobody answers at all, one call asks for everybody.",
    without: "It tries again at once, thirty times.",
    scenarios: ["flaky", "server-errors", "cors-missing-origin", "cors-no-credentials", "cors-wildcard-with-credentials", "cors-client-version-header", "preflight-500", "chaos"],
    module: "net/backoff.js",
  },
  {
    id: "retry-after",
    area: "calls",
    title: "Waits as long as it is told",
    does: "Where an answer says when to come back (Retry-After), everything waits that long, and you see the seconds.",
    without: "It knows nothing of that header, and is refused again.",
    scenarios: ["rate-limited", "maintenance", "outage-and-recovery"],
    module: "net/gate.js",
  },
  {
    id: "timeouts",
    area: "calls",
    title: "No waiting for ever",
    does: "A call that is not answered in ten seconds is given up and, if that does no harm, tried again.",
    without: "The page says “Loading” until somebody reloads it.",
    scenarios: ["hanging-api"],
    module: "net/timeouts.js",
  },
  {
    id: "careful-reading",
    area: "calls",
    title: "Reads with care",
    does: "An answer that is HTML, cut off or empty counts as a failed call: it is repeated, and told in words.",
    without: "“Unexpected token '<'” is what the user reads.",
    scenarios: ["truncated-json", "html-instead-of-json", "html-instead-of-session", "connection-reset"],
    module: "net/reading.js",
  },
  {
    id: "final-answers",
    area: "calls",
    title: "Takes no for an answer",
    does: "What was refused for good (404, 413, 422 …) is not asked again. What is not there is hidden.",
    without: "Every error is a reason to try again.",
    scenarios: ["backend-not-deployed-yet", "upload-too-large"],
    module: "net/failure.js",
  },
  {
    id: "idempotency",
    area: "calls",
    title: "Repeats without doubling",
    does: "A write carries an Idempotency-Key, so that its repetition is known to be one.",
    without: "It repeats the write as if nothing had happened, though perhaps it had.",
    scenarios: ["lost-answer", "cors-only-on-success"],
    module: "net/idempotency.js",
  },
  {
    id: "tolerance",
    area: "tasks",
    title: "Shows what it understands",
    does: "A field that is missing, renamed or unknown costs that field, not the page.",
    without: "One field that is not as expected, and the whole list counts as broken and is fetched again.",
    scenarios: ["schema-drift"],
    module: "model/task.js",
  },
  {
    id: "merging",
    area: "tasks",
    title: "Each row once",
    does: "Rows are known by their id: those that come again on the next page are not shown again.",
    without: "The list stops at the first row that it has already.",
    scenarios: ["pagination-drift"],
    module: "model/tasks.js",
  },
  {
    id: "own-writes",
    area: "tasks",
    title: "Remembers what you did",
    does: "What you just made stays in the list, also where the backend's answer does not have it yet.",
    without: "It asks again and again until the new row appears.",
    scenarios: ["stale-reads"],
    module: "model/tasks.js",
  },
  {
    id: "one-submit",
    area: "tasks",
    title: "One click, one task",
    does: "While a form is being sent it cannot be sent again.",
    without: "Three impatient clicks, three tasks.",
    scenarios: ["slow-api", "slow-network"],
    module: "views/forms.js",
  },
  {
    id: "reconnect",
    area: "live",
    title: "Comes back, and catches up",
    does: "Reconnects with growing pauses, subscribes again and asks for the events that it missed.",
    without: "The socket is gone, and with it all news.",
    scenarios: ["websocket-flaps"],
    module: "socket.js",
  },
  {
    id: "heartbeat",
    area: "live",
    title: "Notices silence",
    does: "Asks “still there?” when it has heard nothing for a while, and connects anew when no answer comes.",
    without: "An open connection counts as a good one, for ever.",
    scenarios: ["websocket-silent"],
    module: "socket.js",
  },
  {
    id: "ordering",
    area: "live",
    title: "Newest state wins",
    does: "Events have numbers: one that comes late or twice changes nothing.",
    without: "It takes an event out of order for a broken connection, and connects anew.",
    scenarios: ["websocket-out-of-order"],
    module: "model/tasks.js",
  },
  {
    id: "stall-watch",
    area: "files",
    title: "Watches the bar",
    does: "When nothing moves for eight seconds it says so, and offers to send the file again.",
    without: "The bar stands still, and that is all.",
    scenarios: ["upload-stalls"],
    module: "model/uploads.js",
  },
  {
    id: "honest-progress",
    area: "files",
    title: "Done means stored",
    does: "100 % of the bytes is not the end: the file counts once the backend has said so.",
    without: "“Done!” at 100 %, and the error afterwards goes unread.",
    scenarios: ["upload-fails-at-the-end"],
    module: "model/uploads.js",
  },
  {
    id: "whole-answers",
    area: "chat",
    title: "Half an answer is not an answer",
    does: "An answer that breaks off or stops coming is marked as incomplete, and can be asked for again.",
    without: "What has come so far is shown as if it were all, and a silent model is waited for without end.",
    scenarios: ["chat-stream-cut", "chat-stream-stalls", "html-instead-of-chat"],
    module: "model/chat.js",
  },
];

const BY_ID = new Map(VIRTUES.map((virtue) => [virtue.id, virtue]));

class Virtues extends EventTarget {
  #off = new Set();

  /** Names in the address that no virtue has. */
  unknown = [];

  constructor(search) {
    super();
    const named = (new URLSearchParams(search).get("without") ?? "").split(",").map((name) => name.trim()).filter(Boolean);
    for (const name of named.includes("all") ? BY_ID.keys() : named) {
      if (BY_ID.has(name)) this.#off.add(name);
      else this.unknown.push(name);
    }
  }

  has(id) {
    if (!BY_ID.has(id)) throw new Error(`There is no virtue ${id}`);
    return !this.#off.has(id);
  }

  get missing() {
    return VIRTUES.filter((virtue) => this.#off.has(virtue.id));
  }

  /** Switch one, or with `id` null all of them; the address follows, so that it can be kept or passed on. */
  set(id, on) {
    for (const name of id === null ? BY_ID.keys() : [id]) {
      if (on) this.#off.delete(name);
      else this.#off.add(name);
    }
    const url = new URL(location.href);
    if (this.#off.size) url.searchParams.set("without", this.#off.size === BY_ID.size ? "all" : [...this.#off].join(","));
    else url.searchParams.delete("without");
    history.replaceState(history.state, "", url);
    this.dispatchEvent(new Event("change"));
  }
}

export const virtues = new Virtues(location.search);
