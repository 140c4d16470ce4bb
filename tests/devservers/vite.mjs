// Vite's dev server as its documentation has it: a proxy whose target is a string. Says its address on a line.
import { createServer } from "vite";

const [backend, root] = process.argv.slice(2);
const server = await createServer({
  root,
  configFile: false,
  logLevel: "error",
  server: {
    host: "127.0.0.1",
    port: 0,
    hmr: false,
    proxy: { "/api": backend, "/ws": { target: backend, ws: true } },
  },
});
await server.listen();
console.log(`Local: http://127.0.0.1:${server.httpServer.address().port}`);
