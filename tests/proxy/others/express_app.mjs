// Express 5 with what its apps have: sessions in a cookie, compression, files, streams. Its address is the first line.
import { createServer } from "node:http";
import compression from "compression";
import cookieSession from "cookie-session";
import express from "express";

const [FOLDER] = process.argv.slice(2);
const app = express();
app.use(cookieSession({ name: "session", keys: ["a key"], maxAge: 3600_000, sameSite: "lax" }));
app.use("/static", express.static(FOLDER, { maxAge: "1h" }));
app.use("/packed", compression({ threshold: 0 }), express.static(FOLDER));
app.post("/login", express.json(), (request, response) => {
  request.session = { name: request.body.name };
  response.cookie("theme", { dark: true }).cookie("old", "", { expires: new Date(0), domain: "localhost" });
  response.status(201).location("back").json({ name: request.body.name });
});
app.get("/me", (request, response) => response.json({ name: request.session?.name ?? null }));
app.post("/logout", (request, response) => {
  request.session = null;
  response.sendStatus(204);
});
app.post("/form", express.urlencoded(), (request, response) => response.redirect(`/me?from=${request.body.from}`));
app.get("/chunks", compression({ threshold: 0 }), (request, response) => {
  response.type("text");
  let left = 3;
  const write = () => {
    response.write(`piece ${left}\n`);
    response.flush?.();
    if (--left) setTimeout(write, 20);
    else response.end();
  };
  write();
});
app.get("/seen", (request, response) =>
  response.json({ secure: request.secure, protocol: request.protocol, host: request.host, origin: request.get("origin") }));
app.get("/named", (request, response) => response.set("x-request-id", "of-theirs").send("named"));
app.get("/ended", (request, response) => {
  response.writeHead(200, { "Content-Length": 100 });
  response.write("only this", () => response.destroy());
});
app.get("/hints", (request, response) => {
  response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
  response.set("Link", `<http://${request.host}/orders?page=2>; rel="next"`).send("hinted");
});
app.get("/fails", () => Promise.reject(Object.assign(new Error("no"), { status: 418, expose: true })));
app.use((error, request, response, _) => response.status(error.status ?? 500).json({ error: error.message }));
const server = createServer(app).listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
