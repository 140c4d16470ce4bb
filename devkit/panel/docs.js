/* The API reference: Swagger UI over the document of this very server. */

import { credentials, onSandbox } from "./core/api.js";

for (const link of document.querySelectorAll("a[data-page]")) link.href = onSandbox(link.getAttribute("href"));

const place = document.getElementById("reference");

if (window.SwaggerUIBundle) {
  window.SwaggerUIBundle({
    url: onSandbox("/_devkit/openapi.json"),
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
} else {
  place.firstElementChild.textContent = "The reference's program is missing: install the package swagger-ui-py.";
}
