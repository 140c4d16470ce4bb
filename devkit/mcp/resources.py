"""What a client may read: the contract, the faults, scenarios, pages of the documentation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devkit.control.client import Client, segment
from devkit.errors import UsageError, did_you_mean
from devkit.mcp import guides
from devkit.mcp.home import Home
from devkit.records import dataclass

ROOT = "devkit://"
CONTRACT, CONTROL, FAULTS, SCENARIOS, DOCS = (
    f"{ROOT}{name}" for name in ("contract", "control", "faults", "scenarios", "docs")
)

MARKDOWN = "text/markdown"

_DOCS = Path(__file__).resolve().parents[2] / "docs"
"""The pages of a checkout. A wheel has none of them: there the short ones have to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One of them, as it is listed."""

    uri: str
    name: str
    title: str
    about: str
    media_type: str


def all_of_them() -> Iterator[Resource]:
    yield Resource(
        uri=CONTRACT,
        name="contract",
        title="The contract as OpenAPI 3.1",
        about="All of it, in the dialect that is served first; the tool `operations` shows a part.",
        media_type="application/json",
    )
    yield Resource(
        uri=CONTROL,
        name="control",
        title="The control API as OpenAPI 3.1",
        about="What steers devkit over HTTP: for tests that are to be written.",
        media_type="application/json",
    )
    yield Resource(
        uri=FAULTS,
        name="faults",
        title="Kinds of faults",
        about="Each kind with its story, parameters and an example.",
        media_type=MARKDOWN,
    )
    yield Resource(
        uri=SCENARIOS,
        name="scenarios",
        title="Scenarios",
        about="Each with its story: how the backend fails.",
        media_type=MARKDOWN,
    )
    for name, text in (_checkout() or guides.pages()).items():
        yield Resource(
            uri=f"{DOCS}/{name}",
            name=f"docs-{name}",
            title=text.partition("\n")[0].lstrip("# "),
            about="A page of devkit's documentation.",
            media_type=MARKDOWN,
        )


def _checkout() -> dict[str, str]:
    """The pages of the documentation by name; none where there is no checkout."""
    if not (_DOCS / "scenarios.md").exists():
        return {}
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(_DOCS.glob("*.md"))}


def _short(main: Client) -> dict[str, str]:
    return guides.pages(guides.of_server(main.get("/status"), main.get("/routes")["data"]))


async def read(home: Home, uri: str) -> tuple[str, str]:
    """Media type and text. Raises UsageError for what is not there, OperatorError."""
    if uri.startswith(f"{DOCS}/"):
        known = await asyncio.to_thread(_checkout) or await home.ask(_short, await home.main())
        name = uri.removeprefix(f"{DOCS}/")
        if name in known:
            return MARKDOWN, known[name]
        raise _unknown(uri, [f"{DOCS}/{one}" for one in known])
    main = await home.main()
    if uri == CONTRACT:
        return "application/json", await home.ask(_contract, main)
    if uri == CONTROL:
        document = await home.ask(main.get, "/openapi.json")
        return "application/json", json.dumps(document, ensure_ascii=False)
    if uri == FAULTS:
        return MARKDOWN, await home.ask(_faults, main)
    if uri == SCENARIOS:
        return MARKDOWN, await home.ask(_scenarios, main)
    if uri.startswith(f"{SCENARIOS}/"):
        name = segment(uri.removeprefix(f"{SCENARIOS}/"))
        found = await home.ask(main.get, f"/scenarios/{name}/source")
        return "application/yaml", str(found["text"])
    raise _unknown(uri, [CONTRACT, CONTROL, FAULTS, SCENARIOS, f"{DOCS}/scenarios"])


def _contract(main: Client) -> str:
    routes = main.get("/routes")["data"]
    document: Any = main.get("/_devkit/openapi.json", {"dialect": routes[0]["dialect"]})
    return json.dumps(document, ensure_ascii=False)


def _faults(main: Client) -> str:
    parts = ["# Kinds of faults"]
    for kind in main.get("/faults")["data"]:
        known = kind["schema"].get("properties", {})
        parameters = [f"- `{name}`: {one.get('description', one.get('type', ''))}" for name, one in known.items()]
        example = json.dumps({"type": kind["kind"], **kind["example"]}, ensure_ascii=False)
        parts.append("\n\n".join([f"## {kind['kind']}", kind["story"], "\n".join(parameters), f"`fault: {example}`"]))
    return "\n\n".join(parts) + "\n"


def _scenarios(main: Client) -> str:
    rows = main.get("/scenarios")["data"]
    told = [
        f"## {row['name']}\n\n{row['title']}. {' '.join(row['description'].split())}"
        f"{' Can be drilled.' if row['expects'] else ''}"
        for row in rows
    ]
    return "\n\n".join(["# Scenarios", *told]) + "\n"


def _unknown(uri: str, known: list[str]) -> UsageError:
    return UsageError(
        f"There is no resource {uri[:120]!r}.{did_you_mean(uri, known)}",
        remedy="`resources/list` tells which there are.",
    )
