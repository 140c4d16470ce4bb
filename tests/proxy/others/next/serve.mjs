// The built app as `next start` serves it, on a free port of loopback's: its address on standard output, one line.
import { createServer } from "node:http";
import next from "next";

const server = createServer((request, response) => handle(request, response));
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const app = next({ dev: false, hostname: "localhost", port: server.address().port });
const handle = app.getRequestHandler();
await app.prepare();
console.log(`http://localhost:${server.address().port}`);
