// Vite's dev server for the page in a folder. Its address is the first line.
import { createServer } from "vite";

const [root] = process.argv.slice(2);
const server = await createServer({
  root, configFile: false, logLevel: "error", server: { host: "localhost", port: 0, hmr: false } });
await server.listen();
console.log(`http://localhost:${server.httpServer.address().port}`);
