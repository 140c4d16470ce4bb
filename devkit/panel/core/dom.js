/* Elements from data. Text only ever becomes text: there is no way from a string to markup here. */

/** Whether it is a phone's width, as the style sheets have it. */
export const NARROW = matchMedia("(max-width: 52rem)");

const SVG = "http://www.w3.org/2000/svg";

/** An element. `properties`: `class`, `on` ({click: …}), `data` ({key: …}), properties of the element, attributes. */
export function h(name, properties, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null) continue;
    if (key === "class") node.className = value;
    else if (key === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key in node && !key.includes("-") && key !== "list" && key !== "form" && key !== "role") node[key] = value;
    else if (value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/** Put these children in the place of those that are there. */
export function fill(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/** Set a text only where it changes, so that a selection in it survives. */
export function text(node, value) {
  const wanted = String(value);
  if (node.textContent !== wanted) node.textContent = wanted;
  return node;
}

/** An icon of 16 by 16, in the colour of the text around it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const ICONS = {
  overview: "M2 7.5 8 2.5l6 5M4 6.5v7h8v-7",
  scenarios: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  traffic: "M5 13.5v-11M5 2.5 2.5 5M5 2.5 7.5 5M11 2.5v11M11 13.5 8.5 11M11 13.5l2.5-2.5",
  state: "M2.5 4c0-3 11-3 11 0s-11 3-11 0v8c0 3 11 3 11 0V4M2.5 8c0 3 11 3 11 0",
  contract: "M4 1.5h6l3 3v10H4zM10 1.5v3h3M6 8h5M6 11h5",
  drills: "M8 1.5a6.5 6.5 0 1 0 6.5 6.5M8 4.5A3.5 3.5 0 1 0 11.5 8M8 8l5.5-5.5",
  verify: "M8 1.5 13.5 3.5v4c0 3.5-2.3 5.8-5.5 7-3.2-1.2-5.5-3.5-5.5-7v-4zM5.5 7.8l1.8 1.8 3.2-3.4",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.5 10.5l3.5 3.5",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  plus: "M8 3v10M3 8h10",
  back: "M9.5 3 4.5 8l5 5",
  pause: "M5.5 3v10M10.5 3v10",
  play: "M4.5 3v10l8-5z",
  clock: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M8 4.5V8l2.5 2",
  down: "M8 2.5v11M3.5 9 8 13.5 12.5 9",
};

const seen = new WeakMap();

/**
 * Make the children of `container` those of `items`, in their order: what did not change keeps its element, and the
 * element that had the focus keeps it, or its successor of the same `data-act`.
 */
export function keyed(container, items, keyOf, render) {
  const before = seen.get(container) ?? new Map();
  const after = new Map();
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const focusedAct = focused?.dataset.act;
  let focusedKey = null;
  for (const [key, known] of before) if (focused && known.node.contains(focused)) focusedKey = key;
  for (const item of items) {
    const key = keyOf(item);
    const print = JSON.stringify(item);
    const known = before.get(key);
    after.set(key, known && known.print === print ? known : { node: render(item), print });
  }
  const nodes = [...after.values()].map((entry) => entry.node);
  const same = nodes.length === container.children.length && nodes.every((node, at) => container.children[at] === node);
  if (!same) container.replaceChildren(...nodes);
  seen.set(container, after);
  if (focused && !container.contains(document.activeElement)) {
    const place = focused.isConnected ? focused : after.get(focusedKey)?.node;
    const again = place === focused ? focused : place?.querySelector(`[data-act="${CSS.escape(focusedAct ?? "")}"]`);
    (again ?? place?.querySelector("a, button, input"))?.focus();
  }
}
