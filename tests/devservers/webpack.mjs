// webpack-dev-server as its documentation has it. Says its address on a line.
import webpack from "webpack";
import Server from "webpack-dev-server";

const [target, context] = process.argv.slice(2);
const compiler = webpack({
  mode: "development",
  context,
  entry: "./src/main.js",
  stats: "none",
  infrastructureLogging: { level: "error" },
});
const proxy = [
  { context: ["/api"], target },
  { context: ["/ws"], target, ws: true },
];
// Its own socket is at /ws too, unless it is told another place.
const webSocketServer = { type: "ws", options: { path: "/own" } };
const server = new Server({ host: "127.0.0.1", port: 0, client: false, webSocketServer, proxy }, compiler);
await server.start();
console.log(`Local: http://127.0.0.1:${server.server.address().port}`);
