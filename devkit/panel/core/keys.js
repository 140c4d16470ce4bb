/* Single keys: none of them acts while somebody types. */

const known = [];

/** `key` as `event.key` has it. Returns a function that takes it back. */
export function onKey(key, label, action, group = "Everywhere") {
  const entry = { key, label, action, group };
  known.push(entry);
  return () => known.splice(known.indexOf(entry), 1);
}

/** What there is right now, by group; of two with the same key the newer one holds. */
export function groups() {
  const found = new Map();
  for (const entry of known) found.set(entry.group, [...(found.get(entry.group) ?? []), entry]);
  return found;
}

export function typing(target) {
  return target?.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") ?? false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const entry = known.findLast((candidate) => candidate.key === event.key);
  if (!entry) return;
  event.preventDefault();
  entry.action(event);
});

/** Arrow keys, Home and End move the focus among the elements of `selector` in `container`. */
export function arrows(container, selector) {
  container.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    const at = event.target.closest(selector);
    if (step === undefined || !at || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = [...container.querySelectorAll(selector)].filter((item) => item.offsetParent !== null);
    const to = Math.min(items.length - 1, Math.max(0, items.indexOf(at) + step));
    event.preventDefault();
    items[to]?.focus();
    items[to]?.scrollIntoView({ block: "nearest" });
  });
}
