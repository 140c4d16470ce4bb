/* The contract as this server documents it: operations by name, in each dialect that has them; sockets and messages. */

import { ControlError, credentials, onSandbox } from "../core/api.js";
import { store } from "../core/store.js";

const documents = new Map();

function documentAt(path, dialect) {
  const address = dialect ? `${path}?dialect=${encodeURIComponent(dialect)}` : path;
  if (!documents.has(address)) {
    const asked = fetch(onSandbox(address), { headers: credentials() }).then(async (response) => {
      const body = await response.json();
      if (!response.ok) throw new ControlError(response.status, body.error, body.message);
      return body;
    });
    documents.set(address, asked);
    asked.catch(() => documents.delete(address));
  }
  return documents.get(address);
}

/** The OpenAPI document of one dialect. */
export const documentOf = (dialect) => documentAt("/_devkit/openapi.json", dialect);

/** A function that gives a part of the document, or what it refers to. */
export const follower = (document) => (part) => (part?.$ref ? part.$ref.split("/").slice(1).reduce((node, step) => node[step], document) : part);

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

/** What the document says of one route; `follow` leads on from its schemas. */
export async function described(route) {
  const document = await documentOf(route.dialect);
  const item = document.paths[route.path]?.[route.method.toLowerCase()];
  const follow = follower(document);
  return {
    follow,
    description: item?.description ?? "",
    parameters: (item?.parameters ?? []).map(follow),
    body: item?.requestBody?.content ?? {},
    answers: Object.entries(item?.responses ?? {}).map(([status, response]) => ({ status, ...follow(response) })),
    emits: item?.["x-devkit-emits"] ?? [],
  };
}

/** `[{key, address, title, summary, description, ways, closes, follow, messages: [{key, name, summary, said, payload, examples}]}]`; a message is said by the server or the client. */
export async function sockets(dialect) {
  const document = await documentAt("/_devkit/asyncapi.json", dialect);
  const follow = follower(document);
  const said = new Map();
  for (const { action, messages } of Object.values(document.operations)) {
    for (const { $ref } of messages) said.set($ref, action === "receive" ? "client" : "server");
  }
  return Object.entries(document.channels).map(([key, channel]) => {
    const { query, headers } = channel.bindings?.ws ?? {};
    return {
      key, follow,
      address: channel.address, title: channel.title, summary: channel.summary,
      ways: { ...query?.properties, ...headers?.properties },
      closes: channel["x-devkit-close-codes"] ?? {},
      messages: Object.entries(channel.messages).map(([name, part]) => ({ ...follow(part), key: name, said: said.get(`#/channels/${key}/messages/${name}`) ?? "server" })),
    };
  });
}
