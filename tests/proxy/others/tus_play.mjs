// What tus-js-client makes of uploads to an address: one line of JSON.
import { createHash } from "node:crypto";
import { Upload } from "tus-js-client";

const [address] = process.argv.slice(2);
const bytes = Buffer.alloc(2_500_000, (n) => n % 251).fill("ü", 1_000_000, 1_000_100);
const plain = (url) => url?.replace(address, "<origin>").replace(/[0-9a-f]{32}/, "<id>");
const seen = [];

const uploaded = (options, abortAt) =>
  new Promise((resolve) => {
    const upload = new Upload(bytes, {
      endpoint: `${address}/files`,
      chunkSize: 500_000,
      retryDelays: [0, 50],
      metadata: { filename: "ä b.bin" },
      onAfterResponse: (request, response) =>
        seen.push([
          request.getMethod(), plain(request.getURL()), response.getStatus(),
          ...["Location", "Upload-Offset", "Upload-Length", "Tus-Resumable"].map((name) => plain(response.getHeader(name))),
        ]),
      onChunkComplete: (size, accepted) => {
        if (accepted === abortAt) upload.abort().then(() => resolve(upload.url));
      },
      onError: (error) => resolve(`failed: ${error.message}`),
      onSuccess: () => resolve(upload.url),
      ...options,
    });
    upload.start();
  });

const whole = await uploaded({});
seen.push(["uploaded", plain(whole)]);
const stopped = await uploaded({}, 1_000_000);
seen.push(["stopped", plain(stopped)]);
const resumed = await uploaded({ uploadUrl: stopped });
seen.push(["resumed", plain(resumed)]);
const ended = await new Promise((resolve) => {
  // A client that goes away in the middle of a piece.
  const upload = new Upload(bytes, {
    endpoint: `${address}/files`,
    onProgress: (sent) => sent > 0 && upload.abort().then(() => resolve(upload.url)),
  });
  upload.start();
});
const offset = async () =>
  Number((await fetch(ended, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } })).headers.get("Upload-Offset"));
const after = await uploaded({ uploadUrl: ended });
seen.push(["after a break-off", plain(after), (await offset()) === bytes.length]);
const conflict = await fetch(whole, {
  method: "PATCH", body: "x",
  headers: { "Tus-Resumable": "1.0.0", "Upload-Offset": "3", "Content-Type": "application/offset+octet-stream" },
});
seen.push([conflict.status, await conflict.text()]);
for (const url of [whole, resumed, after]) {
  const found = Buffer.from(await (await fetch(url)).arrayBuffer());
  seen.push([found.length, createHash("sha256").update(found).digest("hex") === createHash("sha256").update(bytes).digest("hex")]);
}
const options = await fetch(`${address}/files`, { method: "OPTIONS" });
seen.push([options.status, ...["Tus-Version", "Tus-Extension", "Tus-Resumable"].map((name) => options.headers.get(name))]);
console.log(JSON.stringify(seen));
