/**
 * The session's access token runs out; a refresh gets a new one, and the user notices nothing.
 *
 * - Single flight: whoever is refused while a refresh is under way waits for that one. A refresh token is good for one
 *   refresh, and a second one with the same token looks to the backend like a theft.
 * - A call that was sent before the last refresh and refused after it is repeated, without another refresh.
 * - Tabs share the cookie: a lock lets one of them refresh, and the others see when it was done.
 * - One round: a call that is refused again after a refresh is not refreshed for again.
 * - `token_revoked` means that somebody ended the session. No refresh can help, and none is tried.
 */

const STAMP = "devkit-demo-renewed";
const LOCK = "devkit-demo-renewal";

/** `refresh` is the call itself. */
export class Renewal {
  #refresh;
  #running = null;

  constructor(refresh) {
    this.#refresh = refresh;
  }

  /** Resolves when there is a session newer than `since` (milliseconds). Rejects with the refresh's own failure. */
  newerThan(since) {
    if (renewedAt() > since) return Promise.resolve();
    this.#running ??= this.#alone(since).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #alone(since) {
    const once = async () => {
      if (renewedAt() > since) return;
      await this.#refresh();
      localStorage.setItem(STAMP, String(Date.now()));
    };
    // Only where the page is served over HTTPS or from localhost are there locks.
    return navigator.locks ? navigator.locks.request(LOCK, once) : once();
  }
}

function renewedAt() {
  return Number(localStorage.getItem(STAMP) ?? 0);
}

/** The layer. `over(failure)` is told when the session has ended. */
export const renewing = (next, { renewal, over }) => async (call) => {
  const sent = Date.now();
  try {
    return await next(call);
  } catch (failure) {
    if (failure.status !== 401 || call.anonymous) throw failure;
    if (failure.code === "token_revoked") {
      over(failure);
      throw failure;
    }
    try {
      await renewal.newerThan(sent);
    } catch (refused) {
      // Only an answer ends the session: a network that fails is no reason to sign anybody out.
      if (refused.isFinal) over(refused);
      throw refused;
    }
    return next(call).catch((again) => {
      if (again.status === 401) over(again);
      throw again;
    });
  }
};
