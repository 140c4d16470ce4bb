/**
 * Gives up a call that takes too long, its body included. The caller's own signal goes on working: cancelled by a person
 * and given up by the clock are two things, and are told apart.
 */

import { Failure } from "./failure.js";

/** Milliseconds: longer than a slow backend takes, shorter than people wait without a word. */
export const PATIENCE = 10_000;

export const timing = (next) => async (call) => {
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), call.timeout ?? PATIENCE);
  const signal = call.signal ? AbortSignal.any([call.signal, clock.signal]) : clock.signal;
  try {
    return await next({ ...call, signal });
  } catch (failure) {
    if (clock.signal.aborted && !call.signal?.aborted) throw new Failure("timeout", { cause: failure });
    throw failure;
  } finally {
    clearTimeout(timer);
  }
};
