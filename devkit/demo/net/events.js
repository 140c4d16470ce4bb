/**
 * Server-sent events from a `fetch`: `EventSource` can neither POST nor send a token.
 *
 * What arrives are pieces of bytes, cut anywhere: in the middle of an event, of a line, of a character. So the bytes go
 * through a decoder that keeps half characters, and only whole events are given out.
 */

/** Yields `{type, data}` for each event of the body. Throws what reading throws: a connection that breaks, an abort. */
export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (rest + value).split(/\r?\n\r?\n/);
      // What stands behind the last empty line is not whole yet, and at the end of the stream it never will be.
      rest = events.pop();
      for (const event of events) yield parsed(event);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(text) {
  const data = [];
  let type = "message";
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "data") data.push(value);
    else if (name === "event") type = value;
  }
  return { type, data: data.join("\n") };
}
