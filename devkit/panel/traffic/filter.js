/*
 * What a filter's words mean: plain ones stand anywhere in the entry; `status:4xx`, `op:tasks.*`, `method:POST`,
 * `user:ada@`, `fault:http.*`, `path:/api/*`, `is:fault|error|lost|socket|mail|request`; a `-` before one turns it over.
 */

const FIELDS = {
  status: (entry) => String(entry.status ?? entry.code ?? ""),
  op: (entry) => entry.operation ?? "",
  method: (entry) => entry.method ?? "",
  user: (entry) => entry.user ?? entry.to ?? "",
  path: (entry) => entry.path ?? "",
  dialect: (entry) => entry.dialect ?? "",
  fault: (entry) => entry.faults.map((struck) => `${struck.kind} ${struck.rule}`),
};

const KINDS = {
  fault: (entry) => entry.faults.length > 0,
  error: (entry) => entry.status >= 400,
  lost: (entry) => entry.type === "request" && entry.operation === null,
  socket: (entry) => entry.type === "socket",
  mail: (entry) => entry.type === "mail",
  request: (entry) => entry.type === "request",
};

const wordsOf = (text) => text.match(/-?(?:\w+:)?(?:"[^"]*"|\S+)/g) ?? [];

/** Of each word, whether it is turned over, its name (if any) and what it wants. */
function parted(word) {
  const negative = word.startsWith("-") && word.length > 1;
  const [, name, raw] = /^(?:(\w+):)?(.*)$/s.exec(negative ? word.slice(1) : word);
  return { negative, name, raw, wanted: raw.replaceAll('"', "").toLowerCase() };
}

/** What looks like a filter's word and is none, each in a sentence: it is searched for as a text then. */
export function unknownWords(text) {
  return wordsOf(text).map(parted).flatMap(({ name, raw, wanted }) => {
    if (name === "is" && !KINDS[wanted]) return [`There is no is:${raw}. Known: ${Object.keys(KINDS).map((kind) => `is:${kind}`).join(", ")}.`];
    // An address or a time of day has a colon too.
    if (!name || name === "is" || FIELDS[name] || raw.startsWith("/") || /^\d+$/.test(name)) return [];
    return [`${name}: is no word of the filter, so "${name}:${raw}" is searched for as it stands. Known: ${[...Object.keys(FIELDS), "is"].map((field) => `${field}:`).join(" ")}`];
  });
}

/** A predicate for a filter's text; null where it lets everything pass. */
export function compiled(text) {
  const checks = wordsOf(text).map(check).filter(Boolean);
  if (!checks.length) return null;
  return (entry) => checks.every((fits) => fits(entry));
}

function check(word) {
  const { negative, name, raw, wanted } = parted(word);
  let fits;
  if (name === "is" && KINDS[wanted]) fits = KINDS[wanted];
  else if (name && FIELDS[name]) {
    if (!wanted) return null;
    const pattern = glob(name === "status" ? wanted.replaceAll("x", "?") : wanted);
    fits = (entry) => [FIELDS[name](entry)].flat().some((value) => pattern.test(value));
  } else {
    const plain = (name ? `${name}:${raw}` : raw).replaceAll('"', "").toLowerCase();
    fits = (entry) => searchable(entry).includes(plain);
  }
  return negative ? (entry) => !fits(entry) : fits;
}

/** Anywhere in the text, `*` for any letters, `?` for one. */
function glob(wanted) {
  const escaped = wanted.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(escaped, "i");
}

function searchable(entry) {
  const faults = entry.faults.map((struck) => `${struck.kind} ${struck.rule}`).join(" ");
  return [
    entry.method, entry.path, entry.status, entry.operation, entry.user, entry.error, entry.note, entry.request_id,
    entry.to, entry.subject, entry.direction, entry.frame, entry.code, faults,
  ].filter((part) => part !== null && part !== undefined).join(" ").toLowerCase();
}
