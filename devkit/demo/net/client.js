/**
 * The client: small layers, each a function that takes the next one and gives a function of the same shape,
 *
 *   (call) => Promise<{status, headers, body}>, or a Failure
 *
 * put around one another. From the outside in, with all virtues:
 *
 *   naming      gives a write its Idempotency-Key
 *   renewing    renews the session once, and repeats the call
 *   backingOff  repeats what failed, with growing pauses
 *   gated       waits while everybody has to wait
 *   timing      gives up after a while
 *   reading     reads the answer, and trusts nothing
 *   sending     one fetch
 *
 * A call is `{operation, method, path}` and, where it needs them: `query`, `json`, `headers`, `signal`, `timeout`, `key` (an
 * Idempotency-Key of the caller's own), `isHarmless` (a write that may be done twice), `anonymous` (needs no session),
 * `plain` (no preflight), `bearer` (takes no cookie), `patience` (milliseconds of repeating, at the most).
 */

import * as naive from "../naive.js";
import { backingOff } from "./backoff.js";
import { Failure } from "./failure.js";
import { Gate, gated } from "./gate.js";
import { naming } from "./idempotency.js";
import { opening, reading } from "./reading.js";
import { Renewal, renewing } from "./renewal.js";
import { sendingTo } from "./sending.js";
import { timing } from "./timeouts.js";

export class Client extends EventTarget {
  /** The session's token, for what takes no cookie. In memory alone: after a reload, a refresh brings one. */
  token = null;

  #send;
  #has;
  #over;

  /** `has(virtue)` says whether a virtue is on; `over(failure)` is told when the session has ended. */
  constructor({ backend, has, over }) {
    super();
    this.#send = this.#noted(sendingTo(backend, () => this.token));
    this.#has = has;
    this.#over = over;
    this.gate = new Gate({ probe: () => this.#gatedProbe(), honours: () => has("retry-after") });
    this.renewal = new Renewal(() => this.refresh());
  }

  /** One call. Resolves with `{status, headers, body}`; rejects with a Failure. */
  async call(given) {
    const call = prepared(given);
    await this.#haveToken(call);
    let layer = this.#attempts();
    layer = this.#renewed(layer);
    layer = this.#has("idempotency") ? naming(layer) : naive.blindly(layer);
    return layer(call);
  }

  /** The same for an answer that streams: resolves with the Response, as soon as its headers are there. */
  async stream(given) {
    const call = prepared(given);
    await this.#haveToken(call);
    return this.#renewed(this.#attempts(timing(opening(this.#send))))(call);
  }

  /** Without it, a call that takes no cookie would be refused as if the session had ended. */
  async #haveToken(call) {
    if (!call.bearer) return;
    if (!this.token) await this.renewal.newerThan(Date.now());
    if (!this.token) throw new Failure("refused", { status: 403, code: "no_token" });
  }

  /** Renew the session; everybody but `Renewal` leaves that to `renewal.newerThan`. */
  async refresh() {
    const call = prepared({ operation: "auth.refresh", method: "POST", path: "/api/auth/refresh" });
    const { body } = await this.#attempts()(call);
    this.token = body?.token ?? null;
  }

  /** Repeated and gated; without renewal. */
  #attempts(once = this.#once()) {
    const tell = (call, failure) => this.#tell("repeat", { call, failure });
    const layer = this.#has("backoff")
      ? backingOff(gated(once, this.gate), { gate: this.gate, tell })
      : naive.impatiently(once);
    return this.#has("final-answers") ? layer : naive.stubbornly(layer);
  }

  #once() {
    const layer = this.#has("careful-reading") ? reading(this.#send) : naive.trustingly(this.#send);
    return this.#has("timeouts") ? timing(layer) : layer;
  }

  #renewed(layer) {
    const over = this.#over;
    if (!this.#has("single-flight")) return naive.renewingEagerly(layer, { renew: () => this.refresh(), over, rounds: 1 });
    if (!this.#has("refresh-limit")) {
      return naive.renewingEagerly(layer, { renew: () => this.renewal.newerThan(Date.now()), over, rounds: 20 });
    }
    return renewing(layer, { renewal: this.renewal, over });
  }

  #gatedProbe() {
    const probe = prepared({ operation: "health.get", method: "GET", path: "/api/health", anonymous: true, plain: true });
    return gated(this.#once(), this.gate)(probe);
  }

  /** Tells `sent` and `answered` of each fetch, for whoever wants to show them. */
  #noted(next) {
    return async (call) => {
      const note = { call, at: Date.now() };
      this.#tell("sent", note);
      try {
        const response = await next(call);
        this.#tell("answered", { ...note, status: response.status });
        return response;
      } catch (failure) {
        this.#tell("answered", { ...note, failure });
        throw failure;
      }
    };
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function prepared({ query, ...call }) {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const isRead = call.method === "GET";
  const path = given.length ? `${call.path}?${new URLSearchParams(given)}` : call.path;
  return { ...call, path, isRead, isWrite: !isRead };
}
