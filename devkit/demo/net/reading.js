/**
 * Reads an answer, and believes nothing: the content type may be wrong, the body may break off, be empty or be a page that
 * a proxy wrote. Whatever it is, it is found out here, where the call can still be repeated, and not where it is shown.
 */

import { Failure, refusal } from "./failure.js";

const EMPTY = new Set([204, 205, 304]);

export const reading = (next) => async (call) => {
  const response = await next(call);
  const body = EMPTY.has(response.status) ? null : await bodyOf(response, call);
  if (!response.ok) throw refusal(response, body);
  return { status: response.status, headers: response.headers, body };
};

/** For an answer that is a stream: only an error is read, the body of a success is left to the caller. */
export const opening = (next) => async (call) => {
  const response = await next(call);
  if (response.ok && response.body) return response;
  throw refusal(response, await bodyOf(response, call));
};

async function bodyOf(response, call) {
  let text;
  try {
    text = await response.text();
  } catch (cause) {
    // The connection broke in the middle of the body, or the time was over.
    throw new Failure(call.signal?.aborted ? "cancelled" : "unreadable", { status: response.status, cause });
  }
  try {
    if (!/[/+]json\b/i.test(response.headers.get("Content-Type") ?? "")) throw new SyntaxError("not JSON");
    return JSON.parse(text);
  } catch (cause) {
    // An error status tells enough by itself, whatever page came with it.
    if (!response.ok) return null;
    throw new Failure("unreadable", { status: response.status, cause });
  }
}
