/* One entry, opened: what passed, how long it took, which faults touched it and why, and how to do it again. */

import { get, post, segment } from "../core/api.js";
import { fill, h, icon } from "../core/dom.js";
import { bytes, dateTime, kept, number, seconds, timeOfDay } from "../core/format.js";
import { address, go } from "../core/router.js";
import { store } from "../core/store.js";
import { badge, copy, pairs, statusClass } from "../parts/bits.js";
import { bodyView } from "../parts/json-view.js";
import { keepDraft } from "../scenarios/drafts.js";
import { act, toast } from "../parts/toast.js";
import { asCurl, asFetch, asScenario } from "./export.js";
import { journal } from "./journal.js";

export class EntryDetail extends HTMLElement {
  entry = null;
  /** What is drawn: with headers and bodies, and for a moment that of the entry before. */
  #drawn = null;
  #asked = 0;

  async show(entry) {
    this.entry = entry;
    const asked = ++this.#asked;
    let whole = entry;
    let gone = false;
    if (entry.type !== "gap" && !journal.gone(entry)) {
      try {
        whole = await get(`/journal/${segment(entry.number)}`);
      } catch (error) {
        if (!error.code) throw error;
        gone = true;
      }
    }
    const rules = await rulesOf(whole.faults);
    if (asked !== this.#asked) return;
    this.entry = this.#drawn = whole;
    fill(this, this.#head(whole), ...DETAILS[whole.type](whole, rules, gone));
    this.scrollTop = 0;
  }

  #head(entry) {
    const close = h("button", { type: "button", class: "plain", "aria-label": "Close this entry", data: { act: "close" } }, icon("close"));
    close.addEventListener("click", () => this.dispatchEvent(new Event("leave")));
    const title =
      entry.type === "request" ? [badge(entry.status || "no answer", statusClass(entry.status || 500)), ` ${entry.method} `, h("span", { class: "mono" }, entry.path)]
      : entry.type === "mail" ? `Mail: ${entry.subject}`
      : entry.type === "socket" ? `WebSocket: ${entry.direction}` : "A gap";
    return h("header", { class: "detail-head" }, h("h2", {}, title), close);
  }

  curl(button) {
    return act(button, async () => copy(await asCurl(this.#drawn), "Copied as curl"));
  }

  fetch(button) {
    return act(button, async () => copy(await asFetch(this.#drawn), "Copied as fetch"));
  }

  keep(button) {
    if (this.#drawn?.type !== "request") return undefined;
    return act(button, async () => {
      const { operation, example, file } = await post(`/journal/${segment(this.#drawn.number)}/keep`);
      toast(`Kept in ${file}: “${example}” of ${operation}`, "good");
    });
  }

  break() {
    const draft = asScenario(this.#drawn);
    if (!draft) return toast("No rule can mean this: it is neither a call nor an event", "bad");
    keepDraft(draft);
    return go("scenarios", "new");
  }
}

/** scenario/rule → the rule as its scenario has it now. */
async function rulesOf(faults) {
  const names = [...new Set(faults.map((struck) => struck.rule.split("/")[0]))];
  const found = new Map();
  await Promise.all(
    names.map(async (name) => {
      try {
        const scenario = await get(`/scenarios/${segment(name)}`);
        for (const rule of scenario.rules) found.set(`${name}/${rule.id}`, rule);
      } catch (error) {
        if (!error.code) throw error;
      }
    }),
  );
  return found;
}

const section = (title, ...children) => h("section", { class: "part" }, h("h3", {}, title), children);

function request(entry, rules, gone) {
  return [
    actions(),
    why(entry, rules),
    shortened("The address", entry.path),
    entry.note || entry.nearest.length ? nearest(entry) : null,
    section(
      "About",
      pairs([
        ["Operation", entry.operation ? h("a", { href: address("contract", entry.dialect ?? "agreed", entry.operation) }, entry.operation) : "none"],
        entry.dialect ? ["Dialect", entry.dialect] : null,
        entry.kept_by ? ["Kept by", KEEPERS[entry.kept_by] ?? entry.kept_by] : null,
        entry.user ? ["User", entry.user] : null,
        entry.error ? ["Error", h("code", {}, entry.error)] : null,
        ["Request id", h("code", {}, entry.request_id)],
        ["Entry", `#${entry.number}`],
      ]),
    ),
    timing(entry),
    entry.leg?.changes.length ? section("Changed on the way", h("ul", { class: "plain-list" }, entry.leg.changes.map((change) => h("li", {}, change)))) : null,
    gone || !entry.request
      ? h("p", { class: "notice" }, "Headers and bodies of this entry are no longer kept: the newest 4 MiB are.")
      : [message("Request", entry.request, "cookie"), message("Answer", entry.response, "set-cookie")],
  ];
}

function actions() {
  const button = (label, method) => {
    const node = h("button", { type: "button", class: "small" }, label);
    node.addEventListener("click", () => node.closest("dk-entry")[method](node));
    return node;
  };
  return h(
    "div",
    { class: "row start actions" },
    button("Copy as curl", "curl"),
    button("Copy as fetch", "fetch"),
    button("Keep as an example", "keep"),
    button("Break exactly this…", "break"),
  );
}

function why(entry, rules) {
  if (!entry.faults.length) return null;
  return h(
    "section",
    { class: "part struck" },
    h("h3", {}, "Broken on purpose"),
    h(
      "ul",
      { class: "plain-list" },
      entry.faults.map((struck) => {
        const [scenario, id] = struck.rule.split("/");
        const rule = rules.get(struck.rule);
        const when = rule?.when ?? {};
        const times = when.times ? ` of ${when.times}` : "";
        const draw = struck.draw === null ? null
          : `drew ${struck.draw.toFixed(3)}${when.probability === undefined ? "" : `, below its probability of ${when.probability}`}`;
        return h(
          "li",
          {},
          h("p", {}, h("strong", {}, struck.kind), " by the rule ", h("code", {}, id), " of ", h("a", { href: address("scenarios", scenario) }, scenario)),
          h("p", { class: "soft" }, [`strike ${struck.number}${times}`, draw, rule && describe(rule.match)].filter(Boolean).join(" · ")),
        );
      }),
    ),
  );
}

function describe(match = {}) {
  const parts = Object.entries(match).map(([name, value]) => `${name} ${[value].flat().map((item) => (typeof item === "object" ? JSON.stringify(item) : item)).join(" or ")}`);
  return parts.length ? `matches ${parts.join(", ")}` : "matches everything it can act on";
}

function nearest(entry) {
  return section(
    entry.operation ? "A remark" : "Nothing is at this address",
    entry.note ? h("p", {}, entry.note) : null,
    entry.nearest.length
      ? [
          h("p", { class: "soft" }, "Perhaps this was meant:"),
          h("ul", { class: "plain-list" }, entry.nearest.map((text) => h("li", {}, h("code", {}, text)))),
        ]
      : null,
  );
}

function timing(entry) {
  const began = entry.began_at ?? entry.at;
  return section(
    "Timing",
    pairs([
      ["Took", seconds(entry.duration)],
      ...legs(entry.leg),
      ["Sandbox's clock", `${dateTime(began)} → ${timeOfDay(entry.at)}`],
      entry.machine_at ? ["Machine's clock", dateTime(entry.machine_at)] : null,
    ]),
  );
}

const KEEPERS = { real: "the real backend", mock: "the mock", recording: "the recording" };

/** What the real backend's part of it took; `leg` is null where it had none. */
const legs = (leg) => leg ? [["Connecting", seconds(leg.connect / 1000)], ["Waiting for its first byte", seconds(leg.wait / 1000)], ["Receiving", seconds(leg.receive / 1000)]] : [];

function message(title, { headers, body, size, cut }, cookieHeader) {
  const cookies = headers.filter(([name]) => name.toLowerCase() === cookieHeader);
  const jar = cookieHeader === "cookie" ? cookies.flatMap(([, value]) => value.split("; ")) : cookies.map(([, value]) => value);
  return h(
    "section",
    { class: "part" },
    h("h3", {}, title, h("span", { class: "soft" }, size === null ? "" : ` ${bytes(size)}`)),
    body ? bodyView(body, `The ${title.toLowerCase()}'s body`) : h("p", { class: "soft" }, size ? "The body was not kept." : "No body."),
    cut ? h("p", { class: "soft" }, `Cut: the journal keeps the first 8 KiB of ${bytes(size)}.`) : null,
    ...headers.filter(([, value]) => kept(value).length).map(([name, value]) => shortened(`The header ${name}`, value)),
    jar.length
      ? h("details", { open: true }, h("summary", {}, `${cookieHeader === "cookie" ? "Cookies" : "Cookies set"} (${jar.length})`),
          h("ul", { class: "plain-list mono" }, jar.map((cookie) => h("li", {}, cookie))))
      : null,
    h("details", { open: true }, h("summary", {}, `Headers (${headers.length})`),
      h("dl", { class: "headers" }, headers.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))),
  );
}

/** That a text is not all there is; null where it is. */
function shortened(what, text) {
  const { text: beginning, length } = kept(text);
  return length ? h("p", { class: "soft" }, `${what} is cut: the journal keeps the first ${number(beginning.length)} of ${length}.`) : null;
}

function mail(entry, rules) {
  return [
    why(entry, rules),
    section("About", pairs([
      ["To", entry.to], ["Kind", entry.kind], ["Sent", dateTime(entry.at)],
      ["Arrives", entry.delivered.length ? entry.delivered.map(dateTime).join(", ") : "never: it was lost"],
    ])),
    h("p", {}, h("a", { href: address("state", "mail", entry.mail_id) }, "Open it in the mailbox")),
  ];
}

function socket(entry, rules) {
  const breakable = asScenario(entry);
  const button = h("button", { type: "button", class: "small", on: { click: () => button.closest("dk-entry").break() } }, "Break exactly this…");
  return [
    breakable ? h("div", { class: "row start actions" }, button) : null,
    why(entry, rules),
    entry.note ? section("A remark", h("p", {}, entry.note)) : null,
    section("About", pairs([
      ["Connection", h("code", {}, entry.connection_id)],
      entry.user ? ["User", entry.user] : null,
      entry.code ? ["Code", String(entry.code)] : null,
      ["At", dateTime(entry.at)], ["Entry", `#${entry.number}`],
    ])),
    entry.frame ? section("Frame", bodyView(kept(entry.frame).text, "The frame"), shortened("The frame", entry.frame)) : null,
  ];
}

const gap = (entry) => [h("p", { class: "notice" }, `${entry.missed} entries came faster than this page took them. They are in the journal as long as the server keeps them: reload to see them.`)];

const DETAILS = { request, mail, socket, gap };

customElements.define("dk-entry", EntryDetail);
