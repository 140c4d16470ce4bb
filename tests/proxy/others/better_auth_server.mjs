// Better Auth's own server as its documentation configures it, with no word of a proxy: its address is the first line.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";

let handler;
const server = createServer((request, response) => handler(request, response));
server.listen(0, "127.0.0.1", () => {
  const baseURL = `http://localhost:${server.address().port}`;
  handler = toNodeHandler(betterAuth({
    baseURL,
    secret: "a secret of thirty-two characters",
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    advanced: process.argv[2] === "secure" ? { useSecureCookies: true } : {},
  }));
  console.log(baseURL.replace("localhost", "127.0.0.1"));
});
