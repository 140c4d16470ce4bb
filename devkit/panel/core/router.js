/* Addresses within the page: `#/traffic/12` is the view `traffic` with the steps `["12"]`; `/docs` is the reference. */

import { namedSandbox } from "./api.js";

export function route() {
  const [path, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const steps = path.split("/").filter(Boolean).map(decode);
  return { view: steps[0] ?? (location.pathname.endsWith("/docs") ? "contract" : "overview"), steps: steps.slice(1), query: new URLSearchParams(search) };
}

export function address(...steps) {
  return `#/${steps.map(encodeURIComponent).join("/")}`;
}

export function go(...steps) {
  location.hash = address(...steps);
}

/** Like `go`, without an entry of its own in the browser's history. */
export function become(...steps) {
  history.replaceState(null, "", location.pathname + location.search + address(...steps));
}

/** The page's own address for another sandbox. */
export function onOtherSandbox(id, hash = location.hash) {
  const search = new URLSearchParams(location.search);
  search.set("devkit_sandbox", id);
  return `${location.pathname}?${search}${hash}`;
}

export function switchSandbox(id) {
  if (namedSandbox() !== id) location.href = onOtherSandbox(id);
}

function decode(step) {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
