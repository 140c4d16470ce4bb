"""A document, from its file to a blueprint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from devkit.blueprint.base import Blueprint, Planned
from devkit.blueprint.documents.accounts import bound
from devkit.blueprint.documents.compiled import Kept, digest_of
from devkit.blueprint.documents.doubting import doubts_of_examples, doubts_of_schemas
from devkit.blueprint.documents.following import Files, Node
from devkit.blueprint.documents.inferring import infer
from devkit.blueprint.documents.parts import Parts
from devkit.blueprint.documents.securing import access_of, session_of, token_addresses, used_by
from devkit.blueprint.documents.upgrading import Schemas
from devkit.contract.keeping import ByAnswer
from devkit.contract.operations import Access
from devkit.contract.shapes import Parameter, Shape
from devkit.errors import Mistakes

_METHODS = ("get", "query", "post", "put", "patch", "delete")
_OURS = ("head", "options", "trace")
"""Methods that are answered for every path, whatever a document says of them."""
_LARGE = 1024 * 1024
"""Bytes of documents from which on it matters what reading them leaves behind."""
_TEMPLATE = re.compile(r"\{([^{}]*)\}")
_WORDS = re.compile(r"[^A-Za-z0-9]+")


def load(path: Path, cache: Path | None = None) -> Blueprint:
    """The blueprint of an OpenAPI document (3.0, 3.1 or 3.2; JSON or YAML; what it refers to in other files is read
    too). It is kept in the folder `cache`, where one is given. Raises FileError, all that is wrong.
    """
    kept = Kept(cache, path) if cache is not None else None
    known = kept.read() if kept else None
    if known is not None:
        return known
    found, is_large = _read(path, kept)
    if is_large:
        _give_back()
    return found


def _read(path: Path, kept: Kept | None) -> tuple[Blueprint, bool]:
    """What the document comes to, and whether it was a large one."""
    reader = _Reader(path)
    found = reader.blueprint()
    if kept:
        kept.write(found, reader.digests())
    return found, reader.size > _LARGE


def _give_back() -> None:
    """Let the machine have what reading took: of GitHub's document that is 190 MB, which glibc would keep for whatever
    may come (malloc_trim(3)). Other C libraries have no such call.
    """
    import ctypes
    import gc

    gc.collect()
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._files = Files(path)
        self._root = Node(self._files.root, (), self._files.root.value)
        version = version_of(self._root)
        self._schemas = Schemas(self._files, old=version < (3, 1))
        self._parts = Parts(self._files, self._schemas)
        self._mistakes = Mistakes()
        self._warnings: list[str] = []
        self._ids: dict[str, Node] = {}
        self._used: set[str] = set()
        self._alike_paths: dict[str, list[tuple[str, set[str]]]] = {}

    @property
    def size(self) -> int:
        """Bytes of all that was read."""
        return sum(len(source.raw) for source in self._files.sources)

    def digests(self) -> dict[Path, str]:
        return {source.path: digest_of(source.raw) for source in self._files.sources}

    def blueprint(self) -> Blueprint:
        root = self._root
        operations = tuple(self._operations())
        for error in (*self._parts.mistakes, *self._schemas.mistakes):
            self._mistakes.add(error)
        if not operations and not self._mistakes:
            self._mistakes.add(root.at("paths").error("the document has no operations: there is nothing to serve"))
        self._mistakes.settle()
        accounts = None
        if any(operation.access is not Access.PUBLIC for operation in operations):
            accounts = session_of(self._files, root, self._used, self._warnings)
        found = infer(operations, self._schemas.components)
        info = root.at("info")
        title = info.at("title").value
        return Blueprint(
            name=_name(self._files.root.path),
            title=title if isinstance(title, str) else "",
            summary=_first(info.at("summary").value, info.at("description").value),
            base=self._base(),
            resources=found.resources,
            operations=tuple(bound(found.operations, self._schemas.components, accounts, token_addresses(root))),
            components=self._schemas.components,
            accounts=accounts,
            files=self._files.paths,
            warnings=(*self._warnings, *self._parts.warnings, *self._schemas.warnings, *self._doubts(operations)),
        )

    def _doubts(self, operations: Sequence[Planned]) -> Iterator[str]:
        schemas = self._schemas
        yield from doubts_of_schemas(schemas.suspects, schemas.places, schemas.components)
        for sentence in doubts_of_examples(operations, schemas.components):
            yield f"{self._files.root.path}: {sentence}"

    def _base(self) -> str:
        """The path of the first server."""
        for server in self._root.at("servers").items():
            url = server.at("url").value
            if not isinstance(url, str):
                continue
            for name, variable in server.at("variables").members():
                url = url.replace(f"{{{name}}}", str(variable.at("default").value))
            path = urlsplit(url).path.rstrip("/")
            if "{" in path:
                self._warnings.append(
                    server.warning(f"{url}: what its variables are is not told; the base is left out")
                )
                return ""
            return path if path.startswith("/") or not path else f"/{path.removeprefix('./').removeprefix('.')}"
        return ""

    def _operations(self) -> Iterator[Planned]:
        paths = self._root.at("paths")
        if paths.value is not None and not isinstance(paths.value, Mapping):
            self._mistakes.add(paths.error("must be an object: paths, and what is done there"))
        for path, written in paths.members():
            if not path.startswith("/"):
                self._mistakes.add(written.error("a path begins with a slash", remedy=f"Write /{path}."))
                continue
            with self._mistakes:
                item = self._files.follow(written)
                self._alike(path, written, item)
                yield from self._of_path(path, written, item)

    def _alike(self, path: str, written: Node, item: Node) -> None:
        """Paths that differ by the names of parameters alone are one path (3.1, "Paths Object"). Documents that are in
        use have them all the same, GitHub's among them; with different methods it is plain what is meant.
        """
        others = self._alike_paths.setdefault(_TEMPLATE.sub("{}", path), [])
        methods = {name for name, _ in item.members() if name in _METHODS}
        for other, taken in others:
            both = sorted(methods & taken)
            told = f"differs from {other} by the names of parameters alone"
            if both:
                told += f": nobody can tell which {both[0].upper()} is meant"
                raise written.error(told, remedy="Make one path of the two.")
            self._warnings.append(written.warning(f"{told}: they are one path"))
        others.append((path, methods))

    def _of_path(self, path: str, written: Node, item: Node) -> Iterator[Planned]:
        for method in _METHODS:
            if isinstance(item.at(method).value, Mapping):
                # OpenAPI allows no reference here, and documents in many files have them all the same.
                with self._mistakes:
                    node = self._files.follow(item.at(method))
                    yield self._operation(path, written, item, method.upper(), node)
        for method in _OURS:
            if item.at(method).value is not None:
                told = f"{method.upper()} is answered as for every path, not as the document says"
                self._warnings.append(written.warning(told))
        for method, node in item.at("additionalOperations").members():
            yield self._operation(path, written, item, method, node)

    def _operation(self, path: str, written: Node, item: Node, method: str, node: Node) -> Planned:
        value = node.value
        parameters = self._parts.parameters(item, node)
        used = value.get("security", self._root.at("security").value)
        self._used |= used_by(used)
        tags = value.get("tags")
        return Planned(
            id=self._id(path, method, node),
            method=method,
            path=path,
            keeping=ByAnswer(),
            shape=Shape(
                parameters=tuple(self._in_path(path, written, parameters)),
                body=self._parts.body(node.at("requestBody")),
            ),
            outcomes=self._parts.outcomes(node),
            access=access_of(self._root, node),
            summary=_first(value.get("summary"), item.at("summary").value),
            description=_first(value.get("description"), item.at("description").value),
            area=tags[0] if isinstance(tags, list) and tags and isinstance(tags[0], str) else "",
        )

    def _id(self, path: str, method: str, node: Node) -> str:
        given = node.value.get("operationId")
        if isinstance(given, str) and given:
            if given in self._ids:
                other = ".".join(str(step) for step in self._ids[given].pointer[-2:])
                told = f"the operationId {given!r} is that of {other} as well"
                self._mistakes.add(node.at("operationId").error(told, remedy="Each operation has its own."))
            self._ids[given] = node
            return given
        made = wanted = "_".join((method.lower(), *filter(None, _WORDS.split(path))))
        number = 2
        while made in self._ids:
            made = f"{wanted}_{number}"
            number += 1
        self._ids[made] = node
        return made

    def _in_path(self, path: str, written: Node, parameters: list[Parameter]) -> Iterator[Parameter]:
        """Those that there are, with a text for each that the path has and nothing describes."""
        names = _TEMPLATE.findall(path)
        declared = {parameter.name for parameter in parameters if parameter.place == "path"}
        for name in names:
            if name not in declared:
                told = f"the parameter {{{name}}} is not described: it is taken as a text"
                sentence = written.warning(told)
                if sentence not in self._warnings:
                    self._warnings.append(sentence)
                yield Parameter(name=name, place="path", required=True, schema={"type": "string"}, style="simple")
        for parameter in parameters:
            if parameter.place == "path" and parameter.name not in names:
                sentence = written.warning(f"the path has no {{{parameter.name}}}: what is said of it means nothing")
                if sentence not in self._warnings:
                    self._warnings.append(sentence)
            else:
                yield parameter


def version_of(root: Node) -> tuple[int, int]:
    """The document's, such as (3, 1). Raises FileError where it is no OpenAPI that is read here."""
    value = root.value
    known = "It should begin with `openapi: 3.1.0` (3.0, 3.1 and 3.2 are read)."
    if not isinstance(value, Mapping):
        raise root.error("is no OpenAPI document: its root is no object", remedy=known)
    if "swagger" in value:
        raise root.at("swagger").error(
            f"this is Swagger {value['swagger']}, which came before OpenAPI 3",
            remedy="Convert it first: npx swagger2openapi --outfile openapi.yaml " + root.source.path.name,
        )
    if "asyncapi" in value:
        raise root.at("asyncapi").error("this is AsyncAPI, which describes events and no operations", remedy=known)
    given = value.get("openapi")
    if given is None:
        raise root.error("is no OpenAPI document: it does not say which version it has", remedy=known)
    found = re.match(r"3\.([012])(?:\.|$)", str(given))
    if not found:
        raise root.at("openapi").error(f"version {given} is not known", remedy=known)
    return 3, int(found[1])


def _name(path: Path) -> str:
    return _WORDS.sub("-", path.name.rpartition(".")[0] or path.name).strip("-").lower() or "openapi"


def _first(*texts: object) -> str:
    return next((text for text in texts if isinstance(text, str) and text), "")
