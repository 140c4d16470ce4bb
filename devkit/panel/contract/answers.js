/* What an operation may answer, and what answered when it was tried. */

import { h } from "../core/dom.js";
import { bytes, seconds } from "../core/format.js";
import { address } from "../core/router.js";
import { badge, later, prose, statusClass, withCode } from "../parts/bits.js";
import { bodyView } from "../parts/json-view.js";
import { journal } from "../traffic/journal.js";
import { schemaView } from "./schema.js";

/** Every answer, each opened when somebody wants to see it. */
export function answersView(answers, follow) {
  return h("section", { class: "part" }, h("h3", {}, `Answers (${answers.length})`),
    answers.map((answer, at) => {
      const lines = answer.description.split("\n");
      const title = lines[0].startsWith("- ") ? codesIn(lines).join(", ") : lines[0];
      return later([badge(answer.status, statusClass(Number(answer.status))), " ", withCode(title)], () => inside(answer, follow), { kind: "one-answer", open: !at });
    }));
}

const codesIn = (lines) => lines.map((line) => /^- (`[^`]+`)/.exec(line)?.[1] ?? line);

function inside({ description, headers = {}, content = {} }, follow) {
  const lines = description.split("\n");
  const named = Object.entries(headers).map(([name, header]) => [name, follow(header)]);
  return [
    lines.every((line) => line.startsWith("- ")) ? h("ul", { class: "plain-list" }, lines.map((line) => h("li", {}, withCode(line.slice(2))))) : lines.length > 1 ? prose(description) : null,
    named.length ? h("dl", { class: "headers" }, named.map(([name, header]) => h("div", {}, h("dt", {}, name), h("dd", {}, header.description ?? "")))) : null,
    Object.entries(content).map(([type, { schema, example, examples = {} }]) => [
      h("p", { class: "soft" }, type), schemaView(schema, follow),
      example === undefined ? null : bodyView(asText(example), "Example"),
      Object.entries(examples).map(([name, { value }]) => later(`Example: ${name}`, () => bodyView(asText(value), `Example: ${name}`))),
    ]),
  ];
}

const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** What came back when it was tried. */
export function answerView({ status, headers, body, size, took, requestId }) {
  const link = h("a", { href: "#/traffic" }, "in the journal");
  link.addEventListener("click", () => {
    const entry = journal.entries.findLast((candidate) => candidate.request_id === requestId);
    if (entry) link.href = address("traffic", String(entry.number));
  });
  return h("section", { class: "part" },
    h("h3", {}, "Answer ", badge(status, statusClass(status)), h("span", { class: "soft" }, ` ${seconds(took)} · ${bytes(size)} · `), link),
    body ? bodyView(body, "The answer's body") : h("p", { class: "soft" }, "No body."),
    h("details", {}, h("summary", {}, `Headers (${headers.length})`), h("dl", { class: "headers" }, headers.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))));
}
