/* The parts of a scenario's file that forms are drawn from; a fault's parameters come from the server. */

export const MATCH = {
  properties: {
    operation: { type: "array", items: { type: "string" }, description: "Globs over operations, such as tasks.*" },
    needs: { type: "array", items: { type: "string" }, description: "What an operation has, all at once: list, create, session …" },
    method: { type: "array", items: { type: "string" } },
    path: { type: "array", items: { type: "string" }, description: "Globs, such as /api/**" },
    user: { type: "array", items: { type: "string" }, description: "By email" },
    dialect: { type: "array", items: { type: "string" } },
    event: { type: "array", items: { type: "string" }, description: "WebSocket events, such as task_*" },
    headers: { type: "object", description: "Header → glob" },
    query: { type: "object", description: "Parameter → glob" },
    body: { type: "object", description: "Dotted path → value" },
  },
};

export const WHEN = {
  properties: {
    skip: { type: "integer", minimum: 0, description: "Let so many go" },
    times: { type: "integer", minimum: 1, description: "Then fire so often" },
    every: { type: "integer", minimum: 1, description: "Of those, every so manyth" },
    probability: { type: "number", minimum: 0, maximum: 1 },
    after: { type: "string", examples: ["5s"], description: "Not before, from switching on" },
    for: { type: "string", examples: ["30s"], description: "And only so long" },
    state: { type: "string", description: "Only in this state of the scenario" },
    count_by: { enum: ["sandbox", "user", "path"], description: "What the counters count" },
  },
};

const WITHIN = { type: "string", examples: ["30s"], description: "Only calls in this time count" };

export const CALLS = {
  properties: {
    status: { type: "integer", minimum: 100, maximum: 599, description: "Only calls answered so" },
    count: { type: "integer", minimum: 0, description: "Exactly so many" },
    at_least: { type: "integer", minimum: 0, description: "So many or more" },
    at_most: { type: "integer", minimum: 0, description: "So many or fewer" },
    distinct: { type: "boolean", default: false, description: "Equal calls count once" },
    within: WITHIN,
    after: { type: "string", description: "From where this rule first struck, or this expectation was met" },
    repeats: { type: "string", description: "Repeat what this rule struck" },
    min_gap: { type: "string", examples: ["500ms", "retry_after"], description: "Shortest pause between two" },
    min_growth: { type: "number", minimum: 1, description: "Each pause so many times the last" },
    same_body: { type: "boolean", description: "Repeats carry the same body, or another" },
    same_header: { type: "string", examples: ["Idempotency-Key"], description: "Repeats carry the same" },
    max_concurrent: { type: "integer", minimum: 1, description: "Under way at one moment" },
    given: { type: "object", description: "What must have been seen before there is anything to judge: match, status, at_least, at_once" },
  },
};

export const SOCKET = {
  properties: {
    reconnects: { anyOf: [{ type: "integer", examples: ["true", "1"] }, { type: "boolean" }], description: "Whether, or how often" },
    at_most: { type: "integer", minimum: 0, description: "So many connections or fewer" },
    resubscribes: { type: "boolean", description: "To the topics it had" },
    within: { type: "string", examples: ["30s"], description: "In this time" },
    min_gap: { type: "string", examples: ["500ms"], description: "Shortest pause between two" },
    min_growth: { type: "number", minimum: 1, description: "Each pause so many times the last" },
  },
};

/** In a file, one word may stand for a list of one. */
export function listsOf(match = {}) {
  const objects = ["headers", "query", "body"];
  return Object.fromEntries(Object.entries(match).map(([name, value]) => [name, objects.includes(name) || Array.isArray(value) ? value : [value]]));
}
