/* The contract as this server documents it: operations, by name, in each dialect that has them. */

import { ControlError, credentials, onSandbox } from "../core/api.js";
import { store } from "../core/store.js";

const documents = new Map();

/** The OpenAPI document of one dialect. */
export function documentOf(dialect) {
  if (!documents.has(dialect)) {
    const asked = fetch(onSandbox(`/_devkit/openapi.json?dialect=${encodeURIComponent(dialect)}`), { headers: credentials() }).then(async (response) => {
      const body = await response.json();
      if (!response.ok) throw new ControlError(response.status, body.error, body.message);
      return body;
    });
    documents.set(dialect, asked);
    asked.catch(() => documents.delete(dialect));
  }
  return documents.get(dialect);
}

/** `[{operation, summary, access, routes: [{dialect, method, path}]}]`, in the order of the contract. */
export async function operations() {
  const { data } = await store.known("/routes");
  const found = new Map();
  for (const { operation, summary, access, dialect, method, path } of data) {
    const known = found.get(operation) ?? { operation, summary, access, routes: [] };
    known.routes.push({ dialect, method, path });
    found.set(operation, known);
  }
  return [...found.values()];
}

/** What the document says of one route; references are followed where a form needs them. */
export async function described(route) {
  const document = await documentOf(route.dialect);
  const item = document.paths[route.path]?.[route.method.toLowerCase()];
  const follow = (part) => (part?.$ref ? part.$ref.split("/").slice(1).reduce((node, step) => node[step], document) : part);
  return {
    description: item?.description ?? "",
    parameters: (item?.parameters ?? []).map(follow),
    body: item?.requestBody?.content ?? {},
    answers: Object.entries(item?.responses ?? {}).map(([status, response]) => ({ status, description: follow(response).description })),
    emits: item?.["x-devkit-emits"] ?? [],
  };
}
