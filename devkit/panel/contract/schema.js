/* A JSON Schema as one reads it: fields, what they are, and what is in them once it is opened. */

import { h } from "../core/dom.js";
import { badge, later, withCode } from "../parts/bits.js";

/** `follow` gives what a part refers to. */
export function schemaView(schema, follow) {
  const whole = follow(schema ?? {});
  const objects = objectsIn(whole, follow);
  if (!objects.length) return h("p", {}, typeOf(schema, follow), remarks(whole));
  return h("div", { class: "schema" },
    typeOf(whole, follow) === "object" ? null : h("p", {}, typeOf(schema, follow)),
    fields(objects[0], follow),
    objects.slice(1).map((object, at) => later(`Or another shape (${at + 2} of ${objects.length})`, () => fields(object, follow))));
}

function fields(object, follow) {
  const required = new Set(object.required ?? []);
  return h("ul", {}, Object.entries(object.properties ?? {}).map(([name, part]) => fieldOf(name, part, required.has(name), follow)));
}

function fieldOf(name, part, required, follow) {
  const whole = follow(part);
  const line = [h("code", {}, name), " ", h("span", { class: "soft" }, typeOf(part, follow)), required ? [" ", badge("required")] : null, remarks(whole)];
  const inner = objectsIn(whole, follow);
  if (!inner.length) return h("li", {}, line);
  return h("li", {}, line, later(`Fields of ${name}`, () => inner.map((object) => fields(object, follow))));
}

/** The objects that a value may be, or hold in a list. */
function objectsIn(schema, follow) {
  if (schema.properties) return [schema];
  if (schema.items) return objectsIn(follow(schema.items), follow);
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap((option) => objectsIn(follow(option), follow));
}

function typeOf(part, follow) {
  if (part?.$ref) {
    const { properties } = follow(part);
    return properties ? part.$ref.split("/").at(-1).split(".").at(-1) : typeOf(follow(part), follow);
  }
  const schema = part ?? {};
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map((option) => typeOf(option, follow)))].join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items, follow)}`;
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type ?? "anything";
  return schema.format ? `${type} (${schema.format})` : type;
}

function remarks(schema) {
  const limits = [
    range(schema.minLength, schema.maxLength, " characters"),
    range(schema.minItems, schema.maxItems, " of them"),
    range(schema.minimum ?? schema.exclusiveMinimum, schema.maximum ?? schema.exclusiveMaximum, ""),
  ];
  const standard = schema.default === undefined || schema.default === null ? "" : `${JSON.stringify(schema.default)} if left out`;
  const example = schema.examples?.length ? `such as ${schema.examples.map((one) => JSON.stringify(one)).join(", ")}` : "";
  const all = [...limits, standard, example].filter(Boolean).map((remark) => ` · ${remark}`).join("");
  return [schema.description ? [" ", withCode(schema.description)] : null, all ? h("span", { class: "soft" }, all) : null];
}

function range(low, high, unit) {
  const most = high > Number.MAX_SAFE_INTEGER ? undefined : high;
  if (low === undefined && most === undefined) return "";
  if (low === undefined) return `up to ${most}${unit}`;
  return most === undefined ? `${low}${unit} or more` : `${low} to ${most}${unit}`;
}
