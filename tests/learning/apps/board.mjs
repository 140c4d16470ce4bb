// People sign up and in with better-auth, and have boards with cards of their own, on Express 5, in SQLite. Its address
// on standard output, one line.
import { randomUUID } from "node:crypto";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import { LibsqlDialect } from "@libsql/kysely-libsql";
import express from "express";

const app = express();
const server = app.listen(0, "127.0.0.1", async () => {
  const baseURL = `http://127.0.0.1:${server.address().port}`;
  const auth = betterAuth({
    baseURL,
    secret: "a secret of thirty-two characters",
    database: { dialect: new LibsqlDialect({ url: `file:${process.argv[2]}/auth.sqlite3` }), type: "sqlite" },
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  await (await getMigrations(auth.options)).runMigrations();
  app.all("/api/auth/{*any}", toNodeHandler(auth));
  app.use(express.json());
  const boards = [], cards = [];
  const refuse = (r, status, message) => r.status(status).json({ error: { status, message } });
  app.use("/api", async (q, r, next) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(q.headers) });
    q.me = session?.user;
    if (q.me || q.path === "/plans") next(); else refuse(r, 401, "Sign in first");
  });
  app.get("/api/plans", (q, r) => r.json([{ name: "free", boards: 3 }, { name: "pro", boards: 100 }]));
  const board = (q, r, next) => {
    q.board = boards.find((one) => one.id === q.params.board && one.userId === q.me.id);
    if (q.board) next(); else refuse(r, 404, "No such board");
  };
  app.get("/api/boards", (q, r) => {
    const mine = boards.filter((one) => one.userId === q.me.id);
    const { page = 1, pageSize = 5 } = q.query;
    r.json({ data: mine.slice((page - 1) * pageSize, page * pageSize), meta: { total: mine.length } });
  });
  app.post("/api/boards", (q, r) => {
    const { name, color = "grey" } = q.body ?? {};
    if (!name) return refuse(r, 400, "A board needs a name");
    const made = { id: randomUUID(), name, color, archived: false, userId: q.me.id, createdAt: new Date().toISOString() };
    boards.push(made);
    r.status(201).json({ data: made });
  });
  app.get("/api/boards/:board", board, (q, r) => r.json({ data: q.board }));
  app.patch("/api/boards/:board", board, (q, r) => {
    const { name = q.board.name, color = q.board.color, archived = q.board.archived } = q.body;
    Object.assign(q.board, { name, color, archived });
    r.json({ data: q.board });
  });
  app.delete("/api/boards/:board", board, (q, r) => {
    boards.splice(boards.indexOf(q.board), 1);
    r.status(204).end();
  });
  app.post("/api/boards/:board/archive", board, (q, r) => {
    q.board.archived = true;
    r.json({ data: q.board });
  });
  app.get("/api/boards/:board/cards", board, (q, r) =>
    r.json({ data: cards.filter((one) => one.boardId === q.board.id) }));
  app.post("/api/boards/:board/cards", board, (q, r) => {
    const { title, points = 1 } = q.body ?? {};
    if (!title) return refuse(r, 400, "A card needs a title");
    const made = { id: randomUUID(), boardId: q.board.id, title, points, done: false,
      createdAt: new Date().toISOString() };
    cards.push(made);
    r.status(201).json({ data: made });
  });
  const card = (q, r, next) => {
    q.card = cards.find((one) => one.id === q.params.card && one.boardId === q.board.id);
    if (q.card) next(); else refuse(r, 404, "No such card");
  };
  app.get("/api/boards/:board/cards/:card", board, card, (q, r) => r.json({ data: q.card }));
  app.patch("/api/boards/:board/cards/:card", board, card, (q, r) => {
    const { title = q.card.title, points = q.card.points, done = q.card.done } = q.body;
    Object.assign(q.card, { title, points, done });
    r.json({ data: q.card });
  });
  app.delete("/api/boards/:board/cards/:card", board, card, (q, r) => {
    cards.splice(cards.indexOf(q.card), 1);
    r.status(204).end();
  });
  console.log(baseURL);
});
process.stdin.on("end", () => process.exit()).resume();
