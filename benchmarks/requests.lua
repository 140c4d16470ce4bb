-- Requests for wrk, drawn at random. The environment says which: KIND is list, page, get, post, or a path in PATHS
-- (one to a line, drawn from). TOKENS and IDS are files: a session's token, or "user id" of a task, to a line.
local kind, list_path = os.getenv("KIND"), os.getenv("LIST") or "/tasks?page={page}&limit=20"
local one_path, body = os.getenv("ONE") or "/tasks/", os.getenv("BODY")
local tokens, ids, paths = {}, {}, {}

local function lines(name, into)
  local file = os.getenv(name)
  if file then for line in io.lines(file) do into[#into + 1] = line end end
end

function init()
  lines("TOKENS", tokens); lines("IDS", ids); lines("PATHS", paths)
  math.randomseed(tonumber(os.getenv("SEED") or "1"))
end

local function as(user)
  local token = tokens[user]
  return token and {["Cookie"] = "auth-token=" .. token} or {}
end

function request()
  local user = #tokens > 0 and math.random(#tokens) or 1
  if kind == "list" then
    return wrk.format("GET", (list_path:gsub("{page}", math.random(50))), as(user))
  elseif kind == "page" then
    return wrk.format("GET", (list_path:gsub("{page}", 3)), as(1))
  elseif kind == "get" then
    local owner, id = ids[math.random(#ids)]:match("(%d+) (.*)")
    return wrk.format("GET", one_path .. id, as(tonumber(owner)))
  elseif kind == "post" then
    local headers = as(user)
    headers["Content-Type"] = "application/json"
    return wrk.format("POST", (list_path:gsub("%?.*", "")), headers, body)
  end
  return wrk.format("GET", paths[math.random(#paths)], as(user))
end

function done(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %f %f %f %f %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), failed))
end
