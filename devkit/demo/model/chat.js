/**
 * A conversation with a language model, whose answers come as a stream.
 *
 * - Half an answer is not an answer: only `[DONE]` ends one. A stream that ends or breaks without it leaves the words that
 *   came, marked as incomplete, and the question can be asked again. So does a page of HTML, which has none.
 * - A stream that stays open and says nothing is given up after `SILENT`; before its first word it has `THINKING`.
 * - It can be stopped, and the model stops too: the connection is what tells it.
 * - Nothing is asked again by itself: an answer costs somebody something.
 *
 * A message is `{number, role, text, state, failure}`; `state` is `thinking`, `streaming`, `whole`, `stopped`, `stalled`
 * or `failed`. Tells `change`.
 */

import { eventsOf } from "../net/events.js";
import { Failure } from "../net/failure.js";

const SILENT = 6_000;
const THINKING = 30_000;

export class Chat extends EventTarget {
  messages = [];
  model = null;

  #client;
  #has;
  #conversation = null;
  #control = null;
  #count = 0;

  constructor({ client, has }) {
    super();
    this.#client = client;
    this.#has = has;
  }

  get busy() {
    return this.#control !== null;
  }

  clear() {
    this.stop();
    Object.assign(this, { messages: [], model: null });
    this.#conversation = null;
    this.#tell();
  }

  stop() {
    this.#control?.abort("stopped");
  }

  /** Resolves when the answer has ended, in whatever way. */
  async ask(prompt) {
    if (this.busy) return;
    this.#add("user", prompt, "whole");
    const answer = this.#add("assistant", "", "thinking");
    this.#control = new AbortController();
    this.#tell();
    try {
      await this.#stream(prompt, answer, this.#control);
    } catch (failure) {
      const why = this.#control.signal.reason;
      if (!this.#has("whole-answers") && answer.text) answer.state = "whole";
      else if (why === "stopped" || why === "stalled") answer.state = why;
      else Object.assign(answer, { state: "failed", failure: failure instanceof Failure ? failure : new Failure("unreadable") });
    }
    this.#control = null;
    this.#tell();
  }

  async #stream(prompt, answer, control) {
    const watch = this.#watch(control);
    try {
      watch(THINKING);
      const json = { model_id: await this.#running(control.signal), prompt, stream: true, max_tokens: 120 };
      if (this.#conversation) json.conversation_id = this.#conversation;
      const call = { operation: "chat.complete", method: "POST", path: "/api/chat/completions", json, bearer: true };
      const response = await this.#client.stream({ ...call, signal: control.signal, timeout: THINKING });
      for await (const { type, data } of eventsOf(response.body)) {
        watch(SILENT);
        if (type === "error") throw failureOf(data);
        if (data === "[DONE]") {
          answer.state = "whole";
          return;
        }
        this.#take(piece(data), answer);
      }
      if (!this.#has("whole-answers")) {
        answer.state = "whole";
        return;
      }
      throw new Failure("unreadable");
    } finally {
      watch(null);
    }
  }

  #take(value, answer) {
    // A piece that cannot be read is a word less, and no reason to lose the others.
    if (!value) return;
    this.#conversation = value.conversation_id ?? this.#conversation;
    if (typeof value.content !== "string") return;
    answer.text += value.content;
    answer.state = "streaming";
    this.#tell();
  }

  /** A model that runs. Asked for when it is needed first. */
  async #running(signal) {
    if (this.model) return this.model;
    const call = { operation: "models.list", method: "GET", path: "/api/models", bearer: true, signal };
    const { body } = await this.#client.call(call);
    const running = (Array.isArray(body?.models) ? body.models : []).find((model) => model?.status === "running");
    if (!running) throw new Failure("refused", { status: 409, code: "model_not_running" });
    this.model = running.id;
    return running.id;
  }

  #watch(control) {
    let timer = 0;
    return (milliseconds) => {
      clearTimeout(timer);
      if (milliseconds !== null && this.#has("whole-answers")) timer = setTimeout(() => control.abort("stalled"), milliseconds);
    };
  }

  #add(role, text, state) {
    const message = { number: ++this.#count, role, text, state, failure: null };
    this.messages = [...this.messages, message];
    return message;
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

function piece(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function failureOf(data) {
  const said = piece(data);
  return new Failure("refused", { status: 503, message: said?.message ?? "", requestId: said?.request_id ?? "" });
}
