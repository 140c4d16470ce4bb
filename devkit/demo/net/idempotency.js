/**
 * Names a write by an Idempotency-Key that stays the same however often it is sent: the backend does it once, and answers
 * every repetition with what came of the first. A form that is sent again by hand brings its own key (`call.key`), so that
 * this holds also beyond a failure that the user saw.
 */

export const naming = (next) => (call) => {
  if (call.method !== "POST" || call.keyless) return next(call);
  const key = call.key ?? crypto.randomUUID();
  return next({ ...call, key, headers: { ...call.headers, "Idempotency-Key": key } });
};
