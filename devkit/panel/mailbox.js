/* The mailbox: newest first; a mail is shown in a frame that may neither run scripts nor reach this page. */

import { call } from "./api.js";

const byId = (id) => document.getElementById(id);
let mails = [];
let chosen = null;
let listed = "";

/** Show `{data, total}` as the control API gives it. The mail being read stays the one being read. */
export function showMailbox({ data, total }) {
  const ids = data.map((mail) => mail.id).join();
  if (ids === listed && mails.length) return;
  listed = ids;
  mails = data;
  byId("mail-count").textContent = total > data.length ? `${data.length} newest of ${total}` : String(total || "");
  byId("mail-clear").hidden = !total;
  byId("mail-empty").hidden = Boolean(total);
  byId("mail-panes").hidden = !total;
  if (!total) {
    chosen = null;
    return;
  }
  const focused = document.activeElement?.dataset?.mail;
  byId("mail-list").replaceChildren(...mails.map(entry));
  const kept = mails.find((mail) => mail.id === chosen);
  choose(kept ?? mails[0], !kept);
  if (focused) document.querySelector(`[data-mail="${CSS.escape(focused)}"]`)?.focus();
}

export async function clearMailbox() {
  await call("DELETE", "/mail");
}

function entry(mail) {
  const button = document.createElement("button");
  button.dataset.mail = mail.id;
  const subject = document.createElement("strong");
  subject.textContent = mail.subject;
  const about = document.createElement("span");
  about.textContent = `${clock(mail.sent_at)} · ${mail.to}`;
  button.append(subject, about);
  button.addEventListener("click", () => choose(mail, true));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function choose(mail, draw) {
  chosen = mail.id;
  for (const button of document.querySelectorAll("[data-mail]")) {
    if (button.dataset.mail === chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  if (!draw) return;
  byId("mail-subject").textContent = mail.subject;
  byId("mail-about").textContent = `To ${mail.to} · ${mail.kind} · ${time(mail.sent_at)}`;
  const safe = /^https?:\/\//i.test(mail.link ?? "");
  byId("mail-link").hidden = byId("mail-copy").hidden = !safe;
  if (safe) byId("mail-link").href = mail.link;
  byId("mail-text").textContent = mail.text;
  // Links open beside this page: inside the frame they could not run.
  const target = '<base target="_blank">';
  byId("mail-html").srcdoc = /<body/i.test(mail.html) ? mail.html.replace(/<body/i, `${target}$&`) : target + mail.html;
}

/** The hour alone for today's mails, the day for older ones. */
function clock(iso) {
  const sent = new Date(iso);
  const today = sent.toDateString() === new Date().toDateString();
  return today ? sent.toLocaleTimeString(undefined, { timeStyle: "short" }) : sent.toLocaleDateString();
}

function time(iso) {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

byId("mail-view").addEventListener("click", (event) => {
  const plain = byId("mail-text").hidden;
  byId("mail-text").hidden = !plain;
  byId("mail-html").hidden = plain;
  event.target.setAttribute("aria-pressed", String(plain));
});
byId("mail-copy").addEventListener("click", async (event) => {
  const { copy } = await import("./index.js");
  copy(byId("mail-link").href, event.target);
});
