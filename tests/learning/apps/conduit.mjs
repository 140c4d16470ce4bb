// A RealWorld ("Conduit") backend on Express 5: the endpoints of the RealWorld API's documentation, in memory, with
// signed tokens. Its address on standard output, one line.
import { randomUUID } from "node:crypto";
import express from "express";
import jwt from "jsonwebtoken";

const SECRET = "a secret of thirty-two characters";
const users = [], articles = [], comments = [];
let counted = 0;
const app = express();
app.use(express.json());

const refuse = (response, status, field, text) => response.status(status).json({ errors: { [field]: [text] } });
const caller = (request) => {
  const [scheme, token] = (request.get("authorization") ?? "").split(" ");
  try { return scheme === "Token" ? users.find((one) => one.id === jwt.verify(token, SECRET).id) : undefined; }
  catch { return undefined; }
};
const must = (request, response, next) => {
  request.me = caller(request);
  if (request.me) next(); else refuse(response, 401, "authorization", "is missing");
};
const may = (request, response, next) => { request.me = caller(request); next(); };
const account = (user) => ({ user: {
  email: user.email, token: jwt.sign({ id: user.id, jti: randomUUID() }, SECRET), username: user.username,
  bio: user.bio, image: user.image } });
const profile = (user, me) => ({
  username: user.username, bio: user.bio, image: user.image, following: !!me?.follows.has(user.id) });
const shown = (article, me) => {
  const { fans, author, id, ...own } = article;
  return { ...own, favorited: !!me && fans.has(me.id), favoritesCount: fans.size, author: profile(author, me) };
};
const listed = (article, me) => { const { body, ...rest } = shown(article, me); return rest; };
const told = (comment, me) => ({
  id: comment.id, createdAt: comment.createdAt, updatedAt: comment.updatedAt, body: comment.body,
  author: profile(comment.author, me) });
const slugged = (title) => `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${(counted + 7919).toString(36)}`;

app.post("/api/users", (request, response) => {
  const { username, email, password } = request.body.user ?? {};
  for (const [name, value] of Object.entries({ username, email, password }))
    if (!value) return refuse(response, 422, name, "can't be blank");
  if (users.some((one) => one.email === email)) return refuse(response, 409, "email", "has already been taken");
  const user = { id: users.length + 1, username, email, password, bio: null, image: null, follows: new Set() };
  users.push(user);
  response.status(201).json(account(user));
});
app.post("/api/users/login", (request, response) => {
  const { email, password } = request.body.user ?? {};
  const user = users.find((one) => one.email === email && one.password === password);
  if (user) response.json(account(user)); else refuse(response, 401, "credentials", "invalid");
});
app.get("/api/user", must, (request, response) => response.json(account(request.me)));
app.put("/api/user", must, (request, response) => {
  const { email, username, bio, image } = request.body.user ?? {};
  Object.assign(request.me, JSON.parse(JSON.stringify({ email, username, bio, image })));
  response.json(account(request.me));
});

const found = (list, key, what) => (request, response, next) => {
  request[what] = list.find((one) => one[key] === request.params[key]);
  if (request[what]) next(); else refuse(response, 404, what, "not found");
};
const person = found(users, "username", "profile"), article = found(articles, "slug", "article");
app.get("/api/profiles/:username", may, person, (q, r) => r.json({ profile: profile(q.profile, q.me) }));
app.post("/api/profiles/:username/follow", must, person, (q, r) => {
  q.me.follows.add(q.profile.id);
  r.json({ profile: profile(q.profile, q.me) });
});
app.delete("/api/profiles/:username/follow", must, person, (q, r) => {
  q.me.follows.delete(q.profile.id);
  r.json({ profile: profile(q.profile, q.me) });
});

const page = (request, response, list) => {
  const { offset = 0, limit = 20 } = request.query;
  const newest = [...list].reverse();
  response.json({
    articles: newest.slice(+offset, +offset + +limit).map((one) => listed(one, request.me)),
    articlesCount: list.length });
};
app.get("/api/articles", may, (request, response) => {
  const { tag, author, favorited } = request.query;
  page(request, response, articles.filter((one) =>
    (!tag || one.tagList.includes(tag)) && (!author || one.author.username === author) &&
    (!favorited || [...one.fans].some((id) => users.find((user) => user.id === id).username === favorited))));
});
app.get("/api/articles/feed", must, (request, response) =>
  page(request, response, articles.filter((one) => request.me.follows.has(one.author.id))));
app.post("/api/articles", must, (request, response) => {
  const { title, description, body, tagList = [] } = request.body.article ?? {};
  for (const [name, value] of Object.entries({ title, description, body }))
    if (!value) return refuse(response, 422, name, "can't be blank");
  counted += 1;
  const now = new Date().toISOString();
  const made = { slug: slugged(title), title, description, body, tagList, createdAt: now, updatedAt: now,
    author: request.me, fans: new Set() };
  articles.push(made);
  response.status(201).json({ article: shown(made, request.me) });
});
app.get("/api/articles/:slug", may, article, (q, r) => r.json({ article: shown(q.article, q.me) }));
app.put("/api/articles/:slug", must, article, (q, r) => {
  if (q.article.author !== q.me) return refuse(r, 403, "article", "forbidden");
  const { title, description, body } = q.body.article ?? {};
  Object.assign(q.article, JSON.parse(JSON.stringify({ title, description, body })));
  q.article.updatedAt = new Date().toISOString();
  r.json({ article: shown(q.article, q.me) });
});
app.delete("/api/articles/:slug", must, article, (q, r) => {
  if (q.article.author !== q.me) return refuse(r, 403, "article", "forbidden");
  articles.splice(articles.indexOf(q.article), 1);
  r.status(204).end();
});
app.post("/api/articles/:slug/favorite", must, article, (q, r) => {
  q.article.fans.add(q.me.id);
  r.json({ article: shown(q.article, q.me) });
});
app.delete("/api/articles/:slug/favorite", must, article, (q, r) => {
  q.article.fans.delete(q.me.id);
  r.json({ article: shown(q.article, q.me) });
});
app.get("/api/articles/:slug/comments", may, article, (q, r) =>
  r.json({ comments: comments.filter((one) => one.article === q.article).map((one) => told(one, q.me)) }));
app.post("/api/articles/:slug/comments", must, article, (q, r) => {
  const { body } = q.body.comment ?? {};
  if (!body) return refuse(r, 422, "body", "can't be blank");
  const now = new Date().toISOString();
  const made = { id: (comments.at(-1)?.id ?? 0) + 1, createdAt: now, updatedAt: now, body, author: q.me,
    article: q.article };
  comments.push(made);
  r.json({ comment: told(made, q.me) });
});
app.delete("/api/articles/:slug/comments/:id", must, article, (q, r) => {
  const at = comments.findIndex((one) => String(one.id) === q.params.id && one.article === q.article);
  if (at < 0) return refuse(r, 404, "comment", "not found");
  if (comments[at].author !== q.me) return refuse(r, 403, "comment", "forbidden");
  comments.splice(at, 1);
  r.status(204).end();
});
app.get("/api/tags", (q, r) => r.json({ tags: [...new Set(articles.flatMap((one) => one.tagList))] }));

const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit()).resume();
