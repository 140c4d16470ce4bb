// LoopBack's example "todo", as it comes from npm, with its data in memory. Its address on standard output, one line.
import { createRequire } from "node:module";
const { TodoListApplication } = createRequire(import.meta.url)("@loopback/example-todo");
const app = new TodoListApplication({ rest: { port: 0, host: "127.0.0.1" } });
app.bind("datasources.config.db").to({ name: "db", connector: "memory" });
await app.boot();
await app.start();
console.log(app.restServer.url);
process.stdin.on("end", () => process.exit()).resume();
