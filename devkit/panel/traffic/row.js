/* One line of the journal. A row's parts exist once; an entry is only written into them. */

import { NARROW, h } from "../core/dom.js";
import { seconds, timeOfDay } from "../core/format.js";
import { statusClass } from "../parts/bits.js";

/** Where there is no room for all columns side by side, a row has two lines. */
export const rowHeight = () => (NARROW.matches ? 48 : 28);

const PARTS = ["time", "mark", "what", "path", "user", "op", "faults", "took"];
const DIRECTIONS = { open: "⇄ open", in: "↑ frame", out: "↓ frame", close: "⇄ close", refused: "⇄ refused", struck: "⚡ struck", lost: "↓ lost" };

export function createRow() {
  const row = h("div", { class: "entry" });
  row.parts = {};
  for (const name of PARTS) {
    row.parts[name] = h("span", { class: name });
    row.append(row.parts[name]);
  }
  return row;
}

export function paintRow(row, entry) {
  const words = WORDS[entry.type](entry);
  row.className = `entry ${entry.type} ${words.tone} ${entry.faults.length ? "" : "whole"}`;
  const values = [
    entry.at ? timeOfDay(entry.at) : "", words.mark, words.what, words.path, words.user, words.op,
    entry.faults.length ? `⚡ ${[...new Set(entry.faults.map((struck) => struck.kind))].join(", ")}` : "", words.took,
  ];
  PARTS.forEach((name, at) => {
    const part = row.parts[name];
    if (part.textContent !== values[at]) part.textContent = values[at];
  });
}

const WORDS = {
  request: (entry) => ({
    mark: String(entry.status || "✕"),
    what: entry.method,
    path: entry.path,
    user: entry.user ?? "",
    op: [entry.operation ?? (entry.nearest.length ? `no route · ${entry.nearest[0]}?` : (entry.error ?? "")), entry.kept_by].filter(Boolean).join(" · "),
    took: seconds(entry.duration),
    tone: entry.status ? statusClass(entry.status) : "s5",
  }),
  mail: (entry) => ({
    mark: "✉",
    what: "MAIL",
    path: entry.subject,
    user: entry.to,
    op: entry.kind,
    took: entry.delivered.length ? "" : "lost",
    tone: "quiet",
  }),
  socket: (entry) => ({
    mark: entry.code ? String(entry.code) : "",
    what: DIRECTIONS[entry.direction] ?? entry.direction,
    path: entry.frame ?? "",
    user: entry.user ?? "",
    op: entry.connection_id.slice(0, 8),
    took: "",
    tone: "quiet",
  }),
  gap: (entry) => ({
    mark: "…",
    what: "",
    path: `${entry.missed} entries came faster than they could be shown`,
    user: "",
    op: "",
    took: "",
    tone: "s4",
  }),
};
