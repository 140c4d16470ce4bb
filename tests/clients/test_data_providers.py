"""The data providers of react-admin and refine, as npm has them, made by the very lines of the guide (issue 14, i).

They come from npm, so this runs on demand (`tests/node.py`).
"""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from devkit.journal import RequestEntry
from tests.conftest import Client, StartServer
from tests.node import node_modules, run_node

pytestmark = pytest.mark.slow

PACKAGES = (
    "ra-core@5.15.4",
    "ra-data-json-server@5.15.3",
    "ra-data-simple-rest@5.15.3",
    "@refinedev/simple-rest@6.0.1",
    "@refinedev/rest@2.1.1",
    "axios@1.13.2",
)
GUIDE = (Path(__file__).parents[2] / "docs" / "frontends.md").read_text("utf-8")
LINES = dict(re.findall(r"^```js\n// admin/(\S+)\.js\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE))
SPELLED = "http://localhost:8000"

REACT_ADMIN = """
const list = await provider.getList("tasks", {
  pagination: {page: 2, perPage: 2}, sort: {field: "title", order: "DESC"}, filter: {completed: false, q: "day"},
});
const byDefault = await provider.getList("tasks", {
  pagination: {page: 1, perPage: 10}, sort: {field: "id", order: "ASC"}, filter: {},
});
const made = await provider.create("tasks", {data: {title: "From a provider"}});
const other = await provider.create("tasks", {data: {title: "Another one"}});
const changed = await provider.update("tasks", {
  id: made.data.id, data: {...made.data, completed: true}, previousData: made.data,
});
const many = await provider.getMany("tasks", {ids: [made.data.id, other.data.id]});
const one = await provider.getOne("tasks", {id: made.data.id});
const deleted = await provider.deleteMany("tasks", {ids: [made.data.id, other.data.id]});
const left = await provider.getMany("tasks", {ids: [made.data.id, other.data.id]});
const sessions = await provider.getList("sessions", {
  pagination: {page: 1, perPage: 10}, sort: {field: "id", order: "ASC"}, filter: {},
});
const gone = [made.data.id, other.data.id].every((id) => deleted.data.includes(id));
"""

REFINE = """
const list = await provider.getList({
  resource: "tasks", pagination: {currentPage: 2, pageSize: 2}, sorters: [{field: "title", order: "desc"}],
  filters: [{field: "completed", operator: "eq", value: false}, {field: "q", operator: "eq", value: "day"}],
});
const byDefault = await provider.getList({resource: "tasks", pagination: {currentPage: 1, pageSize: 10}});
const made = await provider.create({resource: "tasks", variables: {title: "From a provider"}});
const other = await provider.create({resource: "tasks", variables: {title: "Another one"}});
const changed = await provider.update({resource: "tasks", id: made.data.id, variables: {completed: true}});
const many = await provider.getMany({resource: "tasks", ids: [made.data.id, other.data.id]});
const one = await provider.getOne({resource: "tasks", id: made.data.id});
for (const {data} of [made, other]) await provider.deleteOne({resource: "tasks", id: data.id});
const left = await provider.getMany({resource: "tasks", ids: [made.data.id, other.data.id]});
const sessions = await provider.getList({resource: "sessions", pagination: {currentPage: 1, pageSize: 10}});
const gone = true;
"""

# Node keeps no cookies: the token goes as a header, beside what the guide's lines say.
SCRIPT = """
import axios from "axios";
const authorization = `Bearer ${process.argv[2]}`;
axios.defaults.headers.common.Authorization = authorization;
const send = globalThis.fetch;
globalThis.fetch = (input, options = {}) => {
  const request = new Request(input, options);
  request.headers.set("Authorization", authorization);
  return send(request);
};
const { dataProvider: provider } = await import(`${process.argv[1]}`);
%s
console.log(JSON.stringify({
  list: list.data.map(({title}) => title), total: list.total,
  all: byDefault.total, ids: byDefault.data.map(({id}) => id),
  made: made.data.title, changed: changed.data.completed, many: many.data.length, one: one.data.completed, gone,
  left: left.data.length, sessions: sessions.data.map(({current}) => current),
}));
"""


@pytest.fixture(scope="module")
def packages(request: pytest.FixtureRequest) -> Path:
    return node_modules(request.config.cache, "providers", *PACKAGES)  # type: ignore[arg-type]


def used(packages: Path, folder: Path, name: str, base: str, steps: str, token: str) -> Any:
    """What a provider, made by the guide's lines, says of a day with it."""
    (folder / "node_modules").symlink_to(packages / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    # react-admin is ra-core with a user interface, and hands out all of it.
    lines = LINES[name].replace('"react-admin"', '"ra-core"').replace(SPELLED, base)
    (folder / f"{name}.js").write_text(lines)
    return json.loads(run_node(folder, SCRIPT % steps, str(folder / f"{name}.js"), token))


def test_the_guide_has_a_line_for_each_provider() -> None:
    assert set(LINES) == {"json-server", "simple-rest", "refine-simple-rest", "refine-rest"}


@pytest.mark.parametrize("name", sorted(LINES))
async def test_a_provider_lists_makes_changes_and_deletes(
    packages: Path, tmp_path: Path, start: StartServer, name: str
) -> None:
    async with start() as client:
        await client.sign_in()
        steps = REFINE if name.startswith("refine") else REACT_ADMIN
        wanted = await told(client, "/api/tasks?completed=false&q=day&sort=-title&limit=2&page=2")
        seen = await asyncio.to_thread(partial(used, packages, tmp_path, name, client.url, steps, client.token))
        assert seen["list"] == [task["title"] for task in wanted["data"]]
        assert seen["total"] == wanted["total"] > 3
        assert (seen["all"], len(seen["ids"])) == (57, 10)
        if not name.startswith("refine"):
            # What react-admin's lists ask for where nobody says otherwise.
            assert seen["ids"] == sorted(seen["ids"])
        assert (seen["made"], seen["changed"], seen["one"]) == ("From a provider", True, True)
        assert (seen["many"], seen["gone"], seen["left"]) == (2, True, 0)
        assert seen["sessions"] == [True]
        notes = [entry.note for entry in client.sandbox.journal if isinstance(entry, RequestEntry) and entry.note]
        # Sessions have an order of their own.
        assert [note for note in notes if "_sort" not in note] == []


async def told(client: Client, path: str) -> Any:
    return (await client.send("GET", path)).json
