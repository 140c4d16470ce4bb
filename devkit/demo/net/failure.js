/**
 * One kind of error for everything that can go wrong with a call, told apart by what one can do about it.
 *
 *   unreachable   no answer that the browser lets us read: network, DNS, a reset, CORS. It does not say which.
 *   timeout       no answer in time
 *   unreadable    an answer that is not what was agreed: HTML, cut off, empty, not JSON
 *   refused       an answer, and it is an error: `status`, `code` and perhaps `fields` and `retryAfter` say which
 *   cancelled     nobody wants to know any more
 */
export class Failure extends Error {
  constructor(kind, { status = 0, code = "", message = "", fields = {}, retryAfter = null, requestId = "", cause } = {}) {
    super(message || kind, { cause });
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.fields = fields;
    /** Milliseconds that the backend asks to wait, or null. */
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }

  /** Asking again would get the same answer. */
  get isFinal() {
    return this.kind === "refused" && this.status >= 400 && this.status < 500 && ![408, 425, 429].includes(this.status);
  }

  /** The backend got the call perhaps, and did perhaps what it says. */
  get mayHaveHappened() {
    return ["unreachable", "timeout", "unreadable"].includes(this.kind) || this.status === 500 || this.status === 504;
  }
}

/** The failure that an answer with an error status is. `body` is its JSON, or whatever could be made of it. */
export function refusal(response, body) {
  const said = body && typeof body === "object" ? body : {};
  return new Failure("refused", {
    status: response.status,
    code: codeOf(said),
    message: typeof said.message === "string" ? said.message : "",
    fields: said.details && typeof said.details === "object" ? said.details : {},
    retryAfter: retryAfterOf(response.headers.get("Retry-After")),
    requestId: response.headers.get("X-Request-ID") ?? "",
  });
}

/** Our two APIs put it in different places: `error`, or `details.code` beside a title. */
function codeOf(said) {
  const code = said.details?.code ?? said.error;
  return typeof code === "string" ? code : "";
}

/**
 * `Retry-After` in milliseconds: seconds or a date (RFC 9110, section 10.2.3); null where there is none or it is no such. A
 * date begins with its day: to `Date.parse` alone, in V8, "1.5" is the fifth of January 2001.
 */
export function retryAfterOf(value, now = Date.now()) {
  if (value === null) return null;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = /^\s*[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
