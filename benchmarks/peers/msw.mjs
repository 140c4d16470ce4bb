// MSW's handlers behind node:http, tasks in memory: `node msw.mjs PORT tasks.json`.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages are in the folder that this is started in, not beside this file.
const require = createRequire(pathToFileURL(process.cwd() + "/"));
const { http, HttpResponse, getResponse } = await import(pathToFileURL(require.resolve("msw")));
const tasks = JSON.parse(readFileSync(process.argv[3], "utf8"));
const byId = new Map(tasks.map((task) => [task.id, task]));

const handlers = [
  http.get("*/tasks", ({ request }) => {
    const query = new URL(request.url).searchParams;
    const page = Number(query.get("page") ?? 1), limit = Number(query.get("limit") ?? 20);
    const data = tasks.slice((page - 1) * limit, page * limit);
    return HttpResponse.json({ data, total: tasks.length, page, limit });
  }),
  http.get("*/tasks/:id", ({ params }) => HttpResponse.json(byId.get(params.id))),
  http.post("*/tasks", async ({ request }) => {
    const id = `00000000-0000-4000-8000-${String(byId.size).padStart(12, "0")}`;
    const task = { ...tasks[0], ...(await request.json()), id };
    byId.set(id, task);
    return HttpResponse.json(task, { status: 201 });
  }),
];

createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const request = new Request(`http://localhost${incoming.url}`, {
    method: incoming.method,
    headers: incoming.headers,
    body: chunks.length ? Buffer.concat(chunks) : undefined,
  });
  const response = await getResponse(handlers, request);
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.writeHead(response.status, { "content-type": "application/json", "content-length": body.length });
  outgoing.end(body);
}).listen(Number(process.argv[2]), "127.0.0.1");
