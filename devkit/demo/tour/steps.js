/**
 * The steps of the tour: what is switched on, what the page is about to do, what it does, and what was to be seen.
 *
 * `act` and `mend` use the page as a person would, and wait until there is something to see; `mend` comes when the scenario
 * is off again. `saw` says what really happened, also where a virtue is switched off. All are given `{app, calls, pending}`:
 * the page, what it has asked since the step began (`{call, status, failure}`), and how many calls have no answer yet.
 */

import { pause, waiting } from "./waiting.js";

/** Milliseconds in which something on the page is noticed, and read. */
const LOOK = 2_500;
const TASK = "Order the flowers for Friday";
const QUESTION = "How do I begin a herb garden?";
/** Bytes of a file that is sent: more than a system keeps for a server that does not read. */
const FILE = 6_000_000;

export const STEPS = [
  {
    scenario: "expired-token",
    where: "demo-tasks",
    title: "The session expires while somebody works",
    about: "The page fetches tasks and files at the same moment, and then once more: by then the session is over.",
    async act(told, signal) {
      await look(told, signal);
      await look(told, signal);
    },
    saw({ app, calls }) {
      const refused = calls.filter(({ call, status }) => status === 401 && call.operation !== "auth.refresh").length;
      const refreshes = calls.filter(({ call }) => call.operation === "auth.refresh").length;
      if (!refused) return "Nothing was refused this time.";
      if (app.session.state === "out") return `${times(refused)} refused with 401, and the user is signed out after ${plural(refreshes, "refresh", "refreshes")}.`;
      if (refreshes > 1) return `${times(refused)} refused with 401, and each of them had a refresh of its own made: ${refreshes}, where one would do. Where a refresh token is good once, the user is out.`;
      return `${times(refused)} refused with 401. One refresh renewed the session, what was refused was asked again, and the list is there: nobody noticed.`;
    },
  },
  {
    scenario: "maintenance",
    where: "demo-tasks",
    title: "The backend is down for maintenance",
    about: "Everything answers 503, and says by Retry-After when to come back. The page fetches its list.",
    async act(told, signal) {
      const { tasks, client } = told.app;
      tasks.load();
      await waiting(() => client.gate.closed || tasks.state === "failed", signal);
      await pause(LOOK, signal);
    },
    mend: ({ app }, signal) => waiting(() => !app.client.gate.closed && app.tasks.state !== "loading", signal),
    saw({ app, calls }) {
      const refused = calls.filter(({ status }) => status === 503).length;
      const end = app.tasks.state === "ready" ? "The list came back without a reload." : "The list is not there yet.";
      return refused > 3 ? `It asked ${refused} times in vain, whatever it was told. ${end}` : `It was told to wait, said so, and waited that long: asked ${often(refused)} in vain. ${end}`;
    },
  },
  {
    scenario: "lost-answer",
    where: "demo-tasks",
    title: "A write arrives, its answer does not",
    about: "The page adds a task. The backend stores it, and the connection breaks before the answer: the page cannot know.",
    async act(told, signal) {
      const form = document.querySelector("form.new-task");
      const typed = form.elements.title.value;
      told.before = count(told.app, TASK);
      form.elements.title.value = TASK;
      form.dispatchEvent(new Event("input"));
      form.requestSubmit();
      await pause(LOOK / 2, signal);
      await waiting(() => !form.querySelector(".busy"), signal);
      form.elements.title.value ||= typed;
      // What the backend says of it over the live connection, too.
      await pause(LOOK / 2, signal);
    },
    saw({ app, calls, before }) {
      const sent = calls.filter(({ call }) => call.operation === "tasks.create").length;
      const made = count(app, TASK) - before;
      if (made === 1) return `It was sent ${often(sent)}, under one Idempotency-Key, and is there once.`;
      return made ? `It was sent again without an Idempotency-Key, and now it is there ${often(made)}.` : "It is not there yet, and what was typed is still in the form.";
    },
  },
  {
    scenario: "upload-stalls",
    where: "demo-files",
    fits: ({ uploads }) => uploads.available,
    title: "An upload stops at 60 %",
    about: "The page sends a file, and the backend stops reading it: neither an error nor an end.",
    async act(told, signal) {
      const { uploads } = told.app;
      const size = Math.min(FILE, uploads.limit ?? FILE);
      uploads.send(new File([new Uint8Array(size)], "holiday.jpg", { type: "image/jpeg" }));
      const transfer = (told.transfer = uploads.transfers[0]);
      await waiting(() => !["sending", "storing"].includes(transfer.state), signal, 12_000);
      Object.assign(told, { state: transfer.state, percent: Math.floor(transfer.percent) });
      await pause(LOOK, signal);
    },
    async mend({ app, transfer }, signal) {
      if (!transfer || (await waiting(() => transfer.state === "stored", signal, LOOK)) || signal.aborted) return;
      app.uploads.again(transfer);
      await waiting(() => transfer.state === "stored", signal);
    },
    saw({ transfer, state, percent }) {
      const end = transfer?.state === "stored" ? "Now it is stored." : "It is not stored yet.";
      if (state === "stalled") return `The bar stood still at ${percent} %. After eight seconds the page said so, and offered to send the file again. ${end}`;
      return state === "stored" ? "The page said “Stored” before the backend did." : `The bar stood still, and that was all. ${end}`;
    },
  },
  {
    scenario: "chat-stream-cut",
    where: "demo-chat",
    fits: ({ backend }) => backend.dialects.includes("webplus"),
    title: "An answer breaks off in the middle",
    about: "The page asks a model. Words come one by one, and then the connection is gone.",
    async act(told, signal) {
      told.app.chat.ask(QUESTION);
      await waiting(() => !told.app.chat.busy, signal);
      told.broken = { ...told.app.chat.messages.at(-1) };
      await pause(LOOK, signal);
    },
    async mend({ app, broken }, signal) {
      if (broken?.state !== "failed" || broken.failure?.code === "no_token") return;
      app.chat.ask(QUESTION);
      await waiting(() => !app.chat.busy, signal);
    },
    saw({ app, broken }) {
      if (broken?.failure?.code === "no_token") return "This backend keeps the session in a cookie alone, and the chat takes none: it was not asked.";
      const words = plural(broken?.text.split(/\s+/).filter(Boolean).length ?? 0, "word");
      if (broken?.state !== "failed") return `${words} came, and passed for the whole answer.`;
      const whole = app.chat.messages.at(-1).state === "whole";
      return `After ${words} the connection broke. The page marked the answer as incomplete, and asked no more by itself. ${whole ? "Asked once more, it came whole." : ""}`;
    },
  },
  {
    // For a backend that has no chat, or no uploads.
    scenario: "truncated-json",
    where: "demo-tasks",
    title: "The JSON ends in the middle",
    about: "A proxy cuts an answer: the status is 200, and the list cannot be read. The page fetches it.",
    act: look,
    saw({ app, calls }) {
      const asked = calls.filter(({ call }) => call.operation === "tasks.list").length;
      if (app.tasks.state === "failed") return "The page could not read it, and left it at that.";
      return `The page did not believe the 200, and asked again after a moment: ${plural(asked, "call")}, and the list is there.`;
    },
  },
];

/** Fetch tasks and files anew, until all is answered. */
async function look(told, signal) {
  const { tasks, uploads } = told.app;
  tasks.load();
  uploads.load();
  await pause(LOOK / 5, signal);
  await waiting(() => tasks.state !== "loading" && !told.pending, signal);
  await pause(LOOK / 5, signal);
}

const count = ({ tasks }, title) => tasks.rows.filter((task) => task.title === title).length;
const plural = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
const often = (number) => (number === 1 ? "once" : `${number} times`);
const times = (number) => `${plural(number, "call")} ${number === 1 ? "was" : "were"}`;
