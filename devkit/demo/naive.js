/**
 * What a frontend does without the virtues: each function here is a mistake that is made every day. They are bounded, so
 * that a page that shows them can still be closed, and they are kept apart, so that the good modules stay readable.
 */

import { refusal } from "./net/failure.js";
import { sleep } from "./net/waiting.js";

const ENOUGH = 30;

/** Without `backoff`: fails? Again! At once, and whoever else is failing. */
export const impatiently = (next) => async (call) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(call);
    } catch (failure) {
      if (attempt >= ENOUGH || failure.kind === "cancelled" || failure.status === 401 || failure.isFinal) throw failure;
      await sleep(30, call.signal);
    }
  }
};

/** Without `final-answers`: whatever the answer was, perhaps it is another one next time. */
export const stubbornly = (next) => async (call) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(call);
    } catch (failure) {
      if (attempt >= 10 || !failure.isFinal || failure.status === 401) throw failure;
      await sleep(300, call.signal);
    }
  }
};

/** Without `idempotency`: a write that got no answer is sent again as if it were new. */
export const blindly = (next) => async (call) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(call);
    } catch (failure) {
      if (attempt >= 3 || !call.isWrite || !failure.mayHaveHappened) throw failure;
      await sleep(300, call.signal);
    }
  }
};

/** Without `single-flight` or `refresh-limit`: each call that is refused has a refresh made, up to `rounds` times. */
export const renewingEagerly = (next, { renew, over, rounds }) => async (call) => {
  for (let round = 0; ; round++) {
    try {
      return await next(call);
    } catch (failure) {
      if (failure.status !== 401 || call.anonymous) throw failure;
      if (round >= rounds) {
        over(failure);
        throw failure;
      }
      try {
        await renew();
      } catch (refused) {
        if (refused.isFinal) over(refused);
        throw refused;
      }
    }
  }
};

/** Without `careful-reading`: the answer is JSON, what else. */
export const trustingly = (next) => async (call) => {
  const response = await next(call);
  const body = response.status === 204 ? null : await response.json();
  if (response.ok) return { status: response.status, headers: response.headers, body };
  throw refusal(response, body);
};

/** Without `session-end`: no session, but it goes on. */
export async function keepAsking(again) {
  for (let attempt = 0; attempt < 12; attempt++) {
    await sleep(500);
    if (await again().then(() => true, () => false)) return;
  }
}

/** Without `session-check`: signed in, refused, so sign in again. */
export async function signInAgainAndAgain(signIn, me) {
  for (let attempt = 0; ; attempt++) {
    await signIn();
    try {
      return await me();
    } catch (failure) {
      if (attempt >= 10 || failure.status !== 401) throw failure;
    }
  }
}

/** Without `own-writes`: fetch until the row is there. */
export async function pollUntil(there, fetch) {
  for (let attempt = 0; attempt < 20 && !there(); attempt++) {
    await fetch().catch(() => {});
    await sleep(40);
  }
}

/** Without `tolerance`: a row must be exactly as it was when this was written. */
export function strictly(task) {
  const right =
    typeof task.title === "string" && typeof task.completed === "boolean" && ["low", "medium", "high"].includes(task.priority);
  if (!right) throw new TypeError(`Cannot read properties of undefined (reading 'title')`);
  return task;
}

/** Without `tolerance`: what could not be read is fetched again. */
export async function fetchAgain(fetch) {
  for (let attempt = 0; attempt < 6; attempt++) {
    await sleep(700);
    await fetch();
  }
}
