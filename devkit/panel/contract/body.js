/* The body of a call that is tried out: JSON as it is typed, or the fields and files of a form. */

import { fill, h } from "../core/dom.js";
import { field, later } from "../parts/bits.js";
import "../parts/schema-form.js";
import { schemaView } from "./schema.js";

const FORM = "application/x-www-form-urlencoded";
const PARTS = "multipart/form-data";

export class CallBody extends HTMLElement {
  #read = () => ({});

  /** `content` is what a document has of each kind of body; `follow` gives what its parts refer to. */
  setup(content, follow) {
    const types = Object.keys(content);
    this.className = "call-body";
    const inputs = h("div", { class: "fields" });
    const schema = h("div", {});
    const choice = h("select", {}, types.map((type) => h("option", { value: type }, type)));
    const draw = () => this.#draw(choice.value, content[choice.value], follow, inputs, schema);
    choice.addEventListener("change", draw);
    fill(this, types.length > 1 ? field("Content-Type", choice) : null, inputs, schema);
    if (types.length) draw();
    this.hidden = !types.length;
  }

  /** `{type, text}` for JSON, `{type, fields, files}` for a form, `{}` for none; `files` are `[name, file]`. */
  get value() {
    return this.#read();
  }

  #draw(type, { schema, example }, follow, inputs, shown) {
    const whole = follow(schema);
    fill(shown, later("Fields of the body", () => schemaView(schema, follow)));
    if (type !== FORM && type !== PARTS) {
      const area = h("textarea", { class: "mono", spellcheck: false, value: JSON.stringify(example ?? {}, null, 2) });
      area.rows = Math.min(16, area.value.split("\n").length + 1);
      fill(inputs, field("Body", area, { wide: true, hint: `${type}, sent as it stands here` }));
      this.#read = () => ({ type, text: area.value });
      return;
    }
    const names = Object.keys(whole.properties ?? {});
    const files = names.filter((name) => binary(follow(whole.properties[name])));
    const properties = Object.fromEntries(names.map((name) => [name, follow(whole.properties[name])]));
    const form = h("dk-schema-form", { class: "fields wide" });
    if (names.length > files.length) form.setup({ ...whole, properties }, example ?? {}, { without: files });
    const pickers = files.map((name) => [name, h("input", { type: "file", multiple: properties[name].type === "array" })]);
    fill(inputs, names.length > files.length ? form : null, pickers.map(([name, input]) => field(name, input, { wide: true, hint: "Left empty, a small text file is sent" })));
    this.#read = () => ({
      type,
      // In a form all is text, and not every backend takes `true` for a switch: what is left out means the same.
      fields: Object.fromEntries(Object.entries(names.length > files.length ? form.value : {}).filter(([name, value]) => value !== properties[name].default)),
      files: pickers.flatMap(([name, input]) => (input.files.length ? [...input.files] : [small()]).map((file) => [name, file])),
    });
  }
}

const binary = (schema) => schema.format === "binary" || schema.items?.format === "binary";
const small = () => new File(["A small file.\n"], "example.txt", { type: "text/plain" });

/** What `fetch` sends for the value of a body, and the type that has to be named. */
export function sendable({ type, text, fields, files = [] }) {
  if (!type) return {};
  if (text !== undefined) return { body: text, type };
  const entries = Object.entries(fields).map(([name, value]) => [name, String(value)]);
  if (type === FORM) return { body: new URLSearchParams(entries).toString(), type };
  const body = new FormData();
  for (const [name, value] of [...entries, ...files]) body.append(name, value);
  // The browser names it, with the boundary.
  return { body };
}

customElements.define("dk-call-body", CallBody);
