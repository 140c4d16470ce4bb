/** Waiting for what a page does, as long as somebody wants to. */

const OFTEN = 100;
/** Milliseconds after which nobody believes any more that it comes. */
const LONGEST = 20_000;

/** Resolves with whether it is so: when it is, when `signal` aborts, or when the time is over. */
export async function waiting(isSo, signal, time = LONGEST) {
  const end = Date.now() + time;
  while (!isSo()) {
    if (signal?.aborted || Date.now() > end) return false;
    await pause(Math.min(OFTEN, Math.max(1, end - Date.now())), signal);
  }
  return true;
}

/** Resolves after that time, or when `signal` aborts. */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    if (signal?.aborted) done();
  });
}

/** Resolves when the promise has, in whatever way: what fails in the page is what the tour shows. */
export const settled = (promise) => Promise.resolve(promise).catch(() => {});
