/**
 * Repeats a call that failed, if that can help and does no harm, after a pause that grows.
 *
 *   what was refused for good (4xx)                 never: the answer would be the same
 *   reads, and writes that do nothing twice         up to three tries
 *   writes with an Idempotency-Key                  where the backend said that it did nothing (429, 502, 503), or did not
 *                                                   answer: once more, under the same key
 *   other writes                                    only where the backend said that it did nothing
 *
 * Where the backend names a time, or nobody answers at all, the gate makes the pause: such tries are not counted for reads,
 * which wait until it is back. `LONGEST` bounds even that.
 */

import { Failure } from "./failure.js";
import { growing, sleep } from "./waiting.js";

const TRIES = 3;
const LONGEST = 10 * 60_000;
const DID_NOTHING = [429, 502, 503];

export const backingOff = (next, { gate, tell = () => {} }) => async (call) => {
  const began = Date.now();
  for (let attempt = 1, counted = 1; ; attempt++) {
    try {
      return await next({ ...call });
    } catch (failure) {
      const waits = gate.closed && (failure.retryAfter !== null || failure.kind === "unreachable");
      if (!worthwhile(call, failure, counted) || Date.now() - began > (call.patience ?? LONGEST)) throw failure;
      tell(call, failure);
      if (waits && call.isRead) continue;
      counted++;
      if (!waits) await sleep(growing(attempt), call.signal);
    }
  }
};

function worthwhile(call, failure, tries) {
  // Anything else that was thrown is a mistake of ours, and stays one.
  if (!(failure instanceof Failure)) return false;
  if (failure.isFinal || failure.kind === "cancelled" || tries >= TRIES) return false;
  if (call.isRead || call.isHarmless) return true;
  if (failure.kind === "refused") return DID_NOTHING.includes(failure.status);
  return Boolean(call.key) && tries < 2;
}
