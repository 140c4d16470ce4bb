/**
 * What went wrong, in words for the person who looks at the page: what it means for them, and what they can do. Never what
 * the exception said. Where it is the backend that is at fault, the request's id is what support would ask for.
 */

/** `{title, text, id}`. `doing` says what the user wanted: "The task could not be saved". */
export function wordsFor(failure, doing) {
  if (failure?.kind === undefined) return { title: doing, text: `${failure?.name}: ${failure?.message}`, id: "" };
  return { title: doing, text: textOf(failure), id: failure.status >= 500 ? failure.requestId : "" };
}

function textOf(failure) {
  if (failure.kind === "unreachable") return "The backend cannot be reached. What you entered is still here.";
  if (failure.kind === "timeout") return "The backend takes too long to answer. It may be busy.";
  if (failure.kind === "unreadable") return "The answer came damaged. It often helps to try again.";
  return REFUSALS[failure.code] ?? STATUSES[failure.status] ?? (failure.status >= 500 ? BROKEN : failure.message || BROKEN);
}

const BROKEN = "Something is wrong at the backend. It often helps to try again in a moment.";

const REFUSALS = {
  invalid_credentials: "Email and password do not belong together.",
  email_not_verified: "This address is not confirmed yet: open the link in the mail first.",
  email_taken: "There is an account with this address already.",
  no_session: "The password is right, but your browser kept no session. Cookies of this site may be blocked, or the backend sets them wrongly.",
  model_not_running: "No model is running at the moment.",
  no_token: "This backend keeps the session in a cookie alone, and the chat takes none.",
  token_revoked: "You were signed out, perhaps on another device.",
  token_expired: "Your session is over.",
  unauthorized: "Your session is over.",
  token_invalid: "This link is not valid any more, or your session is over.",
};

const STATUSES = {
  400: "Something in it is not as it should be.",
  401: "Your session is over.",
  403: "You may not do this.",
  404: "It is not there (any more).",
  409: "Somebody else changed it at the same time.",
  413: "The file is too large.",
  415: "Files of this kind are not taken.",
  422: "Something in it is not as it should be.",
  429: "That was a little too fast.",
  503: "The backend is not available at the moment.",
};

/** What the gate's closing means, in one sentence. */
export function pauseFor(failure) {
  if (failure.status === 429) return "That was a little too fast: the backend asks for a pause.";
  if (failure.status === 503) return "The backend is not available at the moment, perhaps for maintenance.";
  return navigator.onLine ? "The backend cannot be reached." : "You are offline.";
}

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const value = count / 1000 ** power;
  return `${value.toFixed(power && value < 100 ? 1 : 0)} ${units[power]}`;
}
