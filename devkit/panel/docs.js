/* The API reference: Swagger UI over the document of this very server. */

import { credentials, onSandbox } from "./core/api.js";

const place = document.getElementById("reference");
const choice = document.getElementById("dialect");

/** The address of a document of the dialect that was chosen. */
function addressOf(path) {
  return onSandbox(choice.value ? `${path}?dialect=${encodeURIComponent(choice.value)}` : path);
}

/** Offer the dialects that are served; the page's own address may name one. */
async function offer() {
  const response = await fetch(onSandbox("/_devkit/api/status"), { headers: credentials() });
  const { dialects = [] } = response.ok ? await response.json() : {};
  choice.append(...dialects.map((name) => new Option(name)));
  const wanted = new URLSearchParams(location.search).get("dialect");
  if (dialects.includes(wanted)) choice.value = wanted;
  choice.parentElement.hidden = dialects.length < 2;
}

function show() {
  for (const link of document.querySelectorAll("a[data-page]")) {
    const path = new URL(link.href).pathname;
    link.href = "document" in link.dataset ? addressOf(path) : onSandbox(path);
  }
  if (!window.SwaggerUIBundle) {
    place.firstElementChild.textContent = "The reference's program is missing: install the package swagger-ui-py.";
    return;
  }
  window.SwaggerUIBundle({
    url: addressOf("/_devkit/openapi.json"),
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    filter: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: true,
    tryItOutEnabled: false,
    // Nothing may leave this machine: no badge from a validator on the internet.
    validatorUrl: null,
    requestInterceptor: (request) => {
      const url = new URL(request.url, location.href);
      if (url.origin === location.origin && url.pathname.startsWith("/_devkit/")) Object.assign(request.headers, credentials());
      else if (url.origin === location.origin) request.url = new URL(onSandbox(url.pathname + url.search), location.href).href;
      return request;
    },
  });
}

choice.addEventListener("change", () => {
  const address = new URL(location.href);
  if (choice.value) address.searchParams.set("dialect", choice.value);
  else address.searchParams.delete("dialect");
  // What was opened belongs to a document that is not shown any more.
  address.hash = "";
  location.assign(address);
});

await offer().catch(() => {});
show();
