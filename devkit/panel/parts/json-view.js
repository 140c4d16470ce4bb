/* Bodies as one reads them: JSON indented and coloured, everything else as it is. Only ever text. */

import { h } from "../core/dom.js";

const COLOURED_MAX = 64 * 1024;
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** The text, indented where it is JSON. */
export function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

export function bodyView(body, label) {
  const text = pretty(body);
  const pre = h("pre", { class: "code", tabIndex: 0, "aria-label": label, role: "region" });
  if (text === body && !/^\s*[[{"]/.test(text)) pre.append(text);
  else if (text.length > COLOURED_MAX) pre.append(text);
  else pre.append(...coloured(text));
  return pre;
}

function* coloured(text) {
  let done = 0;
  for (const match of text.matchAll(TOKENS)) {
    if (match.index > done) yield text.slice(done, match.index);
    const [whole, string, colon, word] = match;
    if (string && colon) {
      yield h("span", { class: "j-key" }, string);
      yield colon;
    } else yield h("span", { class: string ? "j-string" : word ? "j-word" : "j-number" }, whole);
    done = match.index + whole.length;
  }
  if (done < text.length) yield text.slice(done);
}
