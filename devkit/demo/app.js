/** The page put together: what it knows, who tells whom, and which view is shown. */

import { findBackend } from "./backend.js";
import { Chat } from "./model/chat.js";
import { Tasks } from "./model/tasks.js";
import { Uploads } from "./model/uploads.js";
import { Client } from "./net/client.js";
import { Failure } from "./net/failure.js";
import { Session } from "./session.js";
import { LiveSocket } from "./socket.js";
import { SocialLogin } from "./social.js";
import { Stage } from "./stage.js";
import { STEPS } from "./tour/steps.js";
import { Tour } from "./tour/tour.js";
import { virtues } from "./virtues.js";
import { h, notice } from "./views/dom.js";
import { wordsFor } from "./words.js";
import "./views/account.js";
import "./views/chat.js";
import "./views/connection.js";
import "./views/entrance.js";
import "./views/files.js";
import "./views/mailbox.js";
import "./views/pause.js";
import "./views/tasks.js";
import "./views/tour.js";
import "./views/virtues.js";

const has = (id) => virtues.has(id);

const backend = await findBackend();
const session = new Session({ has });
const over = (failure) => session.over(failure);
const client = new Client({ backend, has, over });
session.use(client);
async function renew(code) {
  try {
    if (code === "token_revoked") throw new Failure("refused", { status: 401, code });
    // A call may have renewed the session a moment ago, for the same reason.
    await client.renewal.newerThan(Date.now() - 2000);
  } catch (failure) {
    if (failure.isFinal) over(failure);
    throw failure;
  }
}
const socket = new LiveSocket({ backend, has, renew, topics: ["tasks", "uploads", "notifications"] });
const tasks = new Tasks({ client, has, restart: () => socket.restart() });
const uploads = new Uploads({ client, backend, has, over });
const chat = new Chat({ client, has });
const social = new SocialLogin({ client, session, has });
const stage = new Stage(backend);
const app = { backend, session, client, socket, tasks, uploads, chat, social, stage, forget };
app.tour = new Tour(app, STEPS);

socket.addEventListener("event", ({ detail }) => {
  tasks.hear(detail);
  uploads.hear(detail);
});
socket.addEventListener("resync", () => {
  tasks.load();
  uploads.load();
});
session.addEventListener("change", arrange);
client.gate.addEventListener("change", comeBack);

/** Show what fits the session; when somebody else signs in, nothing of the one before stays. */
let shownFor = null;
function arrange() {
  const inside = session.state === "in";
  document.getElementById("starting").hidden = session.state !== "unknown";
  document.getElementById("signed-in").hidden = !inside;
  document.querySelector("demo-entrance").hidden = session.state !== "out";
  if (!inside) {
    socket.stop();
    return;
  }
  if (shownFor !== session.user.id) {
    forget();
    shownFor = session.user.id;
  }
  socket.start();
  tasks.load();
  uploads.load();
}

function forget() {
  tasks.clear();
  uploads.clear();
  chat.clear();
}

/** The backend is there again: what could not be shown meanwhile is fetched, and nobody has to reload the page. */
function comeBack() {
  if (client.gate.closed || !has("backoff")) return;
  if (session.state === "unknown") start();
  else if (session.state === "in") {
    if (tasks.state === "failed") tasks.load();
    if (uploads.failure && uploads.available) uploads.load();
  }
}

let starting = false;
async function start() {
  if (starting) return;
  starting = true;
  try {
    await session.resume();
  } catch (failure) {
    const again = h("button", { class: "small", onclick: start }, "Try again");
    document.getElementById("starting").replaceChildren(notice(wordsFor(failure, "The page cannot start yet."), again));
  } finally {
    starting = false;
  }
}

for (const view of document.querySelectorAll("demo-connection, demo-account, demo-pause, demo-entrance, demo-tasks, demo-files, demo-chat, demo-virtues, demo-tour")) {
  view.show(app);
}
arrange();
start();
uploads.loadLimit();
