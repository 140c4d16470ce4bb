// Express 5 with what a small app has: people who sign in with a cookie, and a list of notes. Its address is the first line.
import { randomUUID } from "node:crypto";
import express from "express";

const users = [{ id: 1, email: "ada@example.com", name: "Ada", password: "correct horse" }];
const notes = ["Buy milk", "Call Ben"].map((title, at) => ({
  id: at + 1, title, done: false, created_at: new Date(Date.now() - 60_000 * (9 - at)).toISOString() }));
const sessions = new Map();
const app = express();
app.use(express.json());

const signedIn = (request, response, next) => {
  const sid = /(?:^|; )sid=([^;]+)/.exec(request.get("cookie") ?? "")?.[1];
  request.user = sessions.get(sid);
  if (request.user) next(); else response.status(401).json({ error: "Please sign in" });
};
const shown = ({ password, ...user }) => user;

app.post("/api/login", (request, response) => {
  const { email, password } = request.body ?? {};
  const user = users.find((one) => one.email === email && one.password === password);
  if (!user) return response.status(401).json({ error: "Wrong address or password" });
  const sid = randomUUID();
  sessions.set(sid, user);
  response.cookie("sid", sid, { httpOnly: true, sameSite: "lax", path: "/" }).json({ user: shown(user) });
});
app.post("/api/logout", signedIn, (request, response) => response.clearCookie("sid").sendStatus(204));
app.get("/api/me", signedIn, (request, response) => response.json({ user: shown(request.user) }));
app.get("/api/notes", signedIn, (request, response) =>
  response.json({ items: notes.toReversed(), total: notes.length }));
app.post("/api/notes", signedIn, (request, response) => {
  const { title } = request.body ?? {};
  if (!title) return response.status(422).json({ error: "A note needs a title", fields: { title: "is required" } });
  const note = { id: notes.length + 1, title, done: false, created_at: new Date().toISOString() };
  notes.push(note);
  response.status(201).json(note);
});
const found = (request, response, next) => {
  request.note = notes.find((one) => one.id === Number(request.params.id));
  if (request.note) next(); else response.status(404).json({ error: "No such note" });
};
app.get("/api/notes/:id", signedIn, found, (request, response) => response.json(request.note));
app.patch("/api/notes/:id", signedIn, found, (request, response) => {
  const { title = request.note.title, done = request.note.done } = request.body ?? {};
  response.json(Object.assign(request.note, { title, done }));
});
app.delete("/api/notes/:id", signedIn, found, (request, response) => {
  notes.splice(notes.indexOf(request.note), 1);
  response.sendStatus(204);
});
const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
