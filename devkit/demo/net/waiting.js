/** Waiting that can be given up. */

import { Failure } from "./failure.js";

/** Resolves after so many milliseconds. Rejects with a Failure `cancelled` when the signal says so first. */
export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new Failure("cancelled"));
    const timer = setTimeout(done, milliseconds);
    function done() {
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      reject(new Failure("cancelled"));
    }
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * The pause before try number `attempt` + 1: doubles each time up to `most`, and half of it is chance, so that a thousand
 * pages that failed together do not come back together. Never below `least` / 2.
 */
export function growing(attempt, { least = 600, most = 30_000 } = {}) {
  const full = Math.min(most, least * 2 ** (attempt - 1));
  return full / 2 + (Math.random() * full) / 2;
}
