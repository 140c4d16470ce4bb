"""A `backend.yaml` for an OpenAPI document: what was understood of it, to be read and changed."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator

from devkit.blueprint.base import Blueprint, Planned
from devkit.contract.keeping import ByAnswer, ByResource, ByService
from devkit.contract.resources import Resource

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "null", "y", "n", "yes", "no", "on", "off"})
_MOST = 120
"""Characters of a remark."""

_HEAD = """\
# What devkit understood of {document}: read it, and change what is otherwise.
# What the words mean: docs/your-backend.md. `devkit contract show {file}` lists all operations, and what keeps each.
## yaml-language-server: $schema=backend.schema.json     (`devkit contract schema` prints it)

contract: {name}
openapi: {document}
"""


_DONE = ("created", "updated", "deleted")


def drafted(blueprint: Blueprint, document: str, file: str, name: str, taken: Collection[str] = ()) -> str:
    """The text of the file. `document` is how it names the document, which the blueprint came from; `taken` are
    names of events that are not free.
    """
    lines = [_HEAD.format(document=document, file=file, name=name)]
    lines += [*_accounts(blueprint), *_resources(blueprint, taken), *_operations(blueprint)]
    return "\n".join(lines).rstrip() + "\n"


def _accounts(blueprint: Blueprint) -> Iterator[str]:
    bound = [one for one in blueprint.operations if isinstance(one.keeping, ByService)]
    if blueprint.accounts is None:
        yield "# accounts: true                 # nobody signs in, as far as the document says\n"
        return
    ways = [f"cookie {blueprint.accounts.cookie}"] * bool(blueprint.accounts.cookie)
    ways += [f"header {blueprint.accounts.header}"] * bool(blueprint.accounts.header)
    ways += ["bearer token"] * blueprint.accounts.bearer
    yield f"# People sign in ({', '.join(ways)})."
    if not bound:
        yield "# Which operations these are is not plain. Say so, and add more of devkit's own where you want them:"
        yield "# accounts: {operations: {loginUser: auth.login, currentUser: auth.me}}\n"
        return
    yield "# These operations are devkit's own:"
    for one in bound:
        keeping = one.keeping
        yield f"#   {_key(one.id)}: {keeping.operation if isinstance(keeping, ByService) else ''}"
    yield ""


def _resources(blueprint: Blueprint, taken: Collection[str]) -> Iterator[str]:
    if not blueprint.resources:
        yield "# No collection (/orders) with items (/orders/{id}) was found that could be a resource.\n"
        return
    addresses: defaultdict[str, list[Planned]] = defaultdict(list)
    for one in blueprint.operations:
        if isinstance(one.keeping, ByResource):
            addresses[one.keeping.resource].append(one)
    yield "resources:                       # may say owner, access, requires, seed, list and events"
    for resource in blueprint.resources.values():
        yield f"  {_key(resource.name)}:"
        for path, methods in _by_path(addresses[resource.name]).items():
            yield f"    # {', '.join(methods)} {path}"
        yield f"    # {_told(resource)}"
        if any(f"{resource.singular}_{done}" in taken for done in _DONE):
            told = ", ".join(f"{done}: {resource.name}_{done}" for done in _DONE)
            yield f"    events: {{{told}}}   # as it is, they would be called as devkit's own"
        yield f"    seed: {resource.seed if isinstance(resource.seed, int) else len(resource.seed)}"
    yield ""


def _by_path(operations: list[Planned]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in operations:
        found[one.path].append(one.method)
    return found


def _told(resource: Resource) -> str:
    columns = ", ".join(
        f"{name} -> {column.reference.resource}" if column.reference else name
        for name, column in resource.columns.items()
        if name != resource.ids.name
    )
    return _short(f"called by {resource.ids.name} ({resource.ids.kind}); {columns}")


def _operations(blueprint: Blueprint) -> Iterator[str]:
    left = [one for one in blueprint.operations if isinstance(one.keeping, ByAnswer) and one.keeping.why]
    if not left:
        return
    yield "# Nothing keeps these but their examples and schemas. Take the # away where something should:"
    yield "#   {answer: …}, {set: …, on: …}, {function: file.py:name} or {service: auth.login}"
    yield "# operations:"
    for one in left:
        yield f"#   {_key(one.id)}: {{}}"
        why = one.keeping.why if isinstance(one.keeping, ByAnswer) else ""
        yield f"#     {_short(f'{one.method} {one.path}: {why}')}"


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else json.dumps(name)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
