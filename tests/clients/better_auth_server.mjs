// Better Auth's own server, in memory, configured as devkit plays it: its address on standard output, one line.
// It reaches nothing else: providers refuse every code.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";

globalThis.fetch = async () => new Response('{"error":"invalid_grant"}', { status: 400 });

const [ORIGIN] = process.argv.slice(2);
const links = [];
const keep = async ({ url }) => void links.push(url);
const provider = { clientId: "devkit", clientSecret: "none" };
let handler;
const server = createServer((request, response) => {
  if (request.url === "/links") response.end(JSON.stringify(links));
  else handler(request, response);
});
server.listen(0, "127.0.0.1", () => {
  const baseURL = `http://127.0.0.1:${server.address().port}`;
  const auth = betterAuth({
    baseURL,
    secret: "a secret of thirty-two characters",
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
    trustedOrigins: [ORIGIN],
    emailAndPassword: { enabled: true, sendResetPassword: keep },
    emailVerification: { sendVerificationEmail: keep },
    user: { changeEmail: { enabled: true }, deleteUser: { enabled: true } },
    socialProviders: { google: provider, github: provider },
    plugins: [jwt()],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  handler = toNodeHandler(auth);
  console.log(baseURL);
});
process.stdin.on("end", () => process.exit()).resume();
