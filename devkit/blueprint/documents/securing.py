"""Who may call what, and where a session travels: a document's `security` and its schemes."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.blueprint.base import SessionPlan
from devkit.blueprint.documents.following import Files, Node
from devkit.contract.operations import Access
from devkit.errors import FileError


def access_of(root: Node, operation: Node) -> Access:
    """An operation's own requirements win over the document's; an empty one among several makes them optional."""
    told = operation.at("security").value
    if told is None:
        told = root.at("security").value
    if not isinstance(told, list) or not told:
        return Access.PUBLIC
    return Access.OPTIONAL if any(not requirement for requirement in told) else Access.SIGNED_IN


def session_of(files: Files, root: Node, used: set[str], warnings: list[str]) -> SessionPlan:
    """The plan that the schemes which are `used` come to."""
    cookie, header, bearer, known = "", "", False, False
    for name, written in root.at("components", "securitySchemes").members():
        if name not in used:
            continue
        try:
            node = files.follow(written)
        except FileError:
            continue
        value = node.value if isinstance(node.value, Mapping) else {}
        kind, place, called = value.get("type"), value.get("in"), str(value.get("name") or "")
        known = True
        if kind == "apiKey" and place == "cookie":
            cookie = cookie or called
        elif kind == "apiKey" and place == "header" and called.lower() != "authorization":
            header = header or called
        elif kind == "apiKey" and place == "query":
            warnings.append(node.warning(f"keys in the query ({called}) are not taken: send an Authorization header"))
            bearer = True
        elif kind == "http" and str(value.get("scheme")).lower() == "basic":
            warnings.append(node.warning("passwords by HTTP Basic are not taken: send a bearer token"))
            bearer = True
        else:
            bearer = True
    return SessionPlan(cookie=cookie, header=header, bearer=bearer or not known)


def used_by(requirements: object) -> set[str]:
    """The names of schemes in a list of requirements."""
    if not isinstance(requirements, list):
        return set()
    return {name for requirement in requirements if isinstance(requirement, Mapping) for name in requirement}


def token_addresses(root: Node) -> list[str]:
    """Where the flows of OAuth 2.0 for passwords hand out tokens (3.1, "OAuth Flow Object")."""
    found = []
    for _, scheme in root.at("components", "securitySchemes").members():
        address = scheme.at("flows", "password", "tokenUrl").value
        if isinstance(address, str):
            found.append(address)
    return found
