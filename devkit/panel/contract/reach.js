/* Which kinds of fault reach an operation; each begins a scenario that means just this. */

import { h } from "../core/dom.js";
import { go } from "../core/router.js";
import { store } from "../core/store.js";
import { later } from "../parts/bits.js";
import { keepDraft } from "../scenarios/drafts.js";
import { slug } from "../traffic/export.js";

const MOMENTS = new Set(["request", "preflight", "mail"]);

export function reachView(operation, answers) {
  return later("Faults that reach it", async () => {
    const { data } = await store.known("/faults");
    const kinds = data.filter((kind) => reaches(kind, operation, answers));
    const general = (kind) => kind.operations.includes("*");
    return [
      group(operation, "Of this kind of call", kinds.filter((kind) => !general(kind))),
      group(operation, "Of any call", kinds.filter(general)),
    ];
  });
}

function reaches({ acts_on: moments, operations, bends }, operation, answers) {
  const named = operations.includes("*") || operations.includes(operation);
  const bent = !bends || answers.some(({ headers = {} }) => Object.keys(headers).some((name) => name.toLowerCase() === bends.toLowerCase()));
  return named && bent && moments.some((moment) => MOMENTS.has(moment));
}

function group(operation, title, kinds) {
  if (!kinds.length) return null;
  return [h("h3", {}, `${title} (${kinds.length})`), h("div", { class: "chips" }, kinds.map(({ kind, story, example }) => {
    const button = h("button", { type: "button", class: "chip", title: `${story.split(". ")[0].replace(/\.$/, "")}. Compose a scenario with it.` }, kind);
    button.addEventListener("click", () => {
      keepDraft({ name: `${slug(operation)}-${slug(kind)}`.slice(0, 64), title: `${operation}: ${kind}`, rules: [{ id: "break", match: { operation: [operation] }, fault: { type: kind, ...example } }] });
      go("scenarios", "new");
    });
    return button;
  }))];
}
