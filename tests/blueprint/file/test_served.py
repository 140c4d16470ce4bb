"""What a backend.yaml says is what its clients meet."""

from __future__ import annotations

from pathlib import Path

from devkit.sandbox import Template
from tests.blueprint.serving import served


async def test_rows_of_a_tenant_are_listed_for_that_tenant_alone(tmp_path: Path, template: Template) -> None:
    text = """
contract: notes
tenant: {header: X-Tenant, known: [acme, globex]}
resources:
  notes: {fields: {title: string!}}
  tags: {tenant: false, fields: {name: string!}}
"""
    async with served(tmp_path / "backend.yaml", text, template) as notes:
        acme, globex = ({"X-Tenant": name} for name in ("acme", "globex"))
        status, made = await notes.call("POST", "/notes", {"title": "One", "tenant": "globex"}, headers=acme)
        assert (status, made["tenant"]) == (201, "acme")
        for _ in range(3):  # the fast lane answers too, once an address is known
            assert (await notes.call("GET", "/notes", headers=acme))[1]["total"] == 1
            assert (await notes.call("GET", "/notes", headers=globex))[1]["total"] == 0
            assert (await notes.call("GET", f"/notes/{made['id']}", headers=acme))[0] == 200
            assert (await notes.call("GET", f"/notes/{made['id']}", headers=globex))[0] == 404
        assert (await notes.call("GET", "/notes"))[0] == 400
        assert (await notes.call("GET", "/notes", headers={"X-Tenant": "other"}))[0] == 400
        assert (await notes.call("GET", "/tags"))[0] == 200


async def test_several_rows_are_made_at_once_or_none(tmp_path: Path, template: Template) -> None:
    text = "contract: notes\nresources: {notes: {bulk: true, fields: {title: string!}}, tags: {}}\n"
    async with served(tmp_path / "backend.yaml", text, template) as notes:
        status, made = await notes.call("POST", "/notes", [{"title": "One"}, {"title": "Two"}])
        assert (status, [row["title"] for row in made]) == (201, ["One", "Two"])
        status, wrong = await notes.call("POST", "/notes", [{"title": "Three"}, {"titel": "Four"}])
        assert (status, len(wrong["errors"])) == (400, 1)
        assert (await notes.call("GET", "/notes"))[1]["total"] == 2
        # Who does not say so takes one at a time.
        assert (await notes.call("POST", "/tags", [{}]))[0] == 400
