/** Small helpers for views: elements from values, and rows that keep their element (and with it focus) by a key. */

/** `h("button", {class: "primary", onclick}, "Save")`: properties that begin with `on` are listeners, the rest attributes. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Make the children of `parent` those of `items`, in their order. `make(item)` once for a key, `update(element, item)` always. */
export function keyed(parent, items, key, make, update) {
  const known = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    let element = known.get(id);
    known.delete(id);
    if (!element) {
      element = make(item);
      element.dataset.key = id;
    }
    update(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const element of known.values()) element.remove();
}

/** Show text or nothing, without touching what says the same already: screen readers read what changes. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

/** A message about a failure, with what can be done about it. */
export function notice(words, ...actions) {
  return h(
    "div",
    { class: "notice bad" },
    h("p", {}, h("strong", {}, words.title), " ", words.text),
    words.id ? h("p", { class: "fine" }, "Request ", h("code", {}, words.id)) : null,
    actions.length ? h("div", { class: "row" }, actions) : null,
  );
}
