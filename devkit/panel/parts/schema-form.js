/*
 * A form for an object that a JSON Schema describes. What is left empty is left out. `value` gives the object;
 * `change` is told whenever it is another one. What cannot be drawn as a field is a field for JSON.
 */

import { fill, h } from "../core/dom.js";
import { field } from "./bits.js";

export class SchemaForm extends HTMLElement {
  #inputs = new Map();

  /** `only` and `without` choose among the properties; `labels` may rename them. */
  setup(schema, value = {}, { without = [] } = {}) {
    this.#inputs.clear();
    const required = new Set(schema.required ?? []);
    const nodes = Object.entries(schema.properties ?? {})
      .filter(([name]) => !without.includes(name))
      .map(([name, part]) => this.#field(name, resolved(part, schema), value[name], required.has(name)));
    fill(this, nodes.length ? nodes : h("p", { class: "soft" }, "It has no parameters."));
  }

  get value() {
    const found = {};
    for (const [name, read] of this.#inputs) {
      const value = read();
      if (value !== undefined) found[name] = value;
    }
    return found;
  }

  #field(name, part, value, required) {
    const { control, read } = controlOf(part, value, required);
    this.#inputs.set(name, read);
    control.addEventListener("input", () => this.dispatchEvent(new Event("change")));
    const text = [part.description, control.dataset?.hint, required ? "" : standard(part)].filter(Boolean).join(" · ");
    if (control.type === "checkbox") return h("label", { class: "field check" }, control, name, text ? h("span", { class: "hint" }, text) : null);
    return field(required ? `${name} *` : name, control, { hint: text, wide: control.tagName === "TEXTAREA" });
  }
}

/** A part with its reference followed, and the `null` of what may be left out taken away. */
export function resolved(part, root) {
  if (part.$ref) return resolved({ ...root.$defs[part.$ref.split("/").at(-1)], ...without(part, "$ref") }, root);
  if (!part.anyOf) return part;
  const options = part.anyOf.filter((option) => option.type !== "null").map((option) => resolved(option, root));
  if (options.length === 1) return { ...without(part, "anyOf"), ...options[0], default: part.default };
  return { ...part, anyOf: options };
}

const without = (object, key) => Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));

const standard = (part) => (part.default === undefined || part.default === null ? "" : `${typeof part.default === "object" ? JSON.stringify(part.default) : part.default} if left out`);

function controlOf(part, value, required) {
  if (part.enum) return choice(part.enum, value, required);
  if (part.const !== undefined) return choice([part.const], value ?? part.const, true);
  if (part.type === "boolean") return part.default === undefined || required || typeof part.default === "boolean" ? checkbox(value ?? part.default, required) : choice([true, false], value, false);
  if (part.type === "integer" || part.type === "number") return numeric(part, value, required);
  if (part.type === "string") return plain(part, value, required);
  if (part.type === "array" && (part.items?.type === "string" || part.items?.enum)) return listed(part, value, required);
  if (part.anyOf && part.anyOf.every((option) => ["string", "integer", "number", "boolean"].includes(option.type))) return loose(part, value, required);
  return json(value, required);
}

function choice(options, value, required) {
  const select = h("select", { required },
    required ? null : h("option", { value: "" }, "–"),
    options.map((option, at) => h("option", { value: String(at), selected: option === value }, String(option))));
  return { control: select, read: () => (select.value === "" ? undefined : options[Number(select.value)]) };
}

function checkbox(value, required) {
  const box = h("input", { type: "checkbox", checked: value === true });
  const usual = box.checked;
  return { control: box, read: () => (required || box.checked !== usual || value !== undefined ? box.checked : undefined) };
}

function numeric(part, value, required) {
  const input = h("input", { type: "number", required, value: value ?? "", step: part.type === "integer" ? 1 : "any", inputMode: "decimal" });
  const lowest = part.minimum ?? part.exclusiveMinimum;
  const highest = part.maximum ?? part.exclusiveMaximum;
  if (lowest !== undefined) input.min = lowest;
  if (highest !== undefined && highest <= Number.MAX_SAFE_INTEGER) input.max = highest;
  if (lowest !== undefined && highest !== undefined) input.dataset.hint = `${lowest} to ${highest}`;
  return { control: input, read: () => (input.value === "" ? undefined : Number(input.value)) };
}

function plain(part, value, required) {
  const input = h("input", { type: "text", required, value: value ?? "", autocomplete: "off", spellcheck: false });
  if (part.examples) input.placeholder = part.examples.join(", ");
  return { control: input, read: () => (input.value === "" && !required ? undefined : input.value) };
}

function listed(part, value, required) {
  const input = h("input", { type: "text", required, value: (value ?? []).join(", "), autocomplete: "off", spellcheck: false });
  input.dataset.hint = part.items.enum ? `any of ${part.items.enum.join(", ")}` : "several with commas";
  const read = () => {
    const items = input.value.split(",").map((item) => item.trim()).filter(Boolean);
    return items.length ? items : undefined;
  };
  return { control: input, read };
}

/** A number, or a text such as `64KiB`, or a switch that can be told in numbers too. */
function loose(part, value, required) {
  const examples = part.anyOf.flatMap((option) => option.examples ?? []);
  const input = h("input", { type: "text", required, value: value ?? "", placeholder: examples.join(", "), autocomplete: "off", spellcheck: false });
  const switched = part.anyOf.some((option) => option.type === "boolean");
  const read = () => {
    if (input.value === "") return undefined;
    if (switched && ["true", "false"].includes(input.value)) return input.value === "true";
    return /^-?\d+(\.\d+)?$/.test(input.value) ? Number(input.value) : input.value;
  };
  return { control: input, read };
}

function json(value, required) {
  const area = h("textarea", { rows: 2, required, class: "mono", spellcheck: false, value: value === undefined || value === null ? "" : JSON.stringify(value) });
  area.dataset.hint = "JSON";
  const read = () => {
    if (!area.value.trim()) return undefined;
    try {
      const found = JSON.parse(area.value);
      area.setCustomValidity("");
      return found;
    } catch (error) {
      area.setCustomValidity(`No JSON: ${error.message}`);
      // Kept as it stands, so that the server's complaint names it.
      return area.value;
    }
  };
  return { control: area, read };
}

customElements.define("dk-schema-form", SchemaForm);
