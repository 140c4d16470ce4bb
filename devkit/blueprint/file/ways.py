"""Where a resource's operations are and for whom: its own path, and those below what it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devkit.blueprint import crud
from devkit.blueprint.base import Planned
from devkit.blueprint.crud import Way
from devkit.blueprint.file.context import Reading
from devkit.blueprint.file.resources import Draft
from devkit.contract.operations import Access
from devkit.contract.resources import VERBS, Resource, Verb

WORDS: Mapping[str, Access] = {"public": Access.PUBLIC, "optional": Access.OPTIONAL, "signed-in": Access.SIGNED_IN}


def planned(
    reading: Reading, draft: Draft, resources: Mapping[str, Resource], drafts: Mapping[str, Draft]
) -> Iterator[Planned]:
    """All operations of a resource."""
    resource, words, where = resources[draft.name], draft.words, draft.where
    parents = {}
    for name in draft.parents:
        column = reading.spelled(name)
        if column not in resource.columns or resource.columns[column].reference is None:
            known = [field for field, noted in draft.noted.items() if noted.reference]
            reading.unknown((*where, "path"), "reference", name, known)
        else:
            parents[name] = column
    verbs = words.only or VERBS
    access, roles = access_of(reading, draft), _roles(reading, draft)
    before, tenant = _tenant(reading, draft)
    way = Way(
        path=before + draft.path,
        area=draft.name,
        parents={**tenant, **parents},
        access=access,
        roles=roles,
        reason=f"`{draft.name}` is a resource of the file",
        bulk=words.bulk,
        query=words.listing.query,
    )
    yield from crud.operations_of(resource, way, verbs)
    for number, name in enumerate(words.below):
        column = reading.spelled(name)
        reference = resource.columns[column].reference if column in resource.columns else None
        above = drafts.get(reference.resource) if reference else None
        if reference is None:
            known = [field for field, noted in draft.noted.items() if noted.reference]
            reading.unknown((*where, "below", number), "reference", name, known)
        if above is None:
            continue
        below = Way(
            path=f"{before}{above.path}/{{{column}}}/{draft.path.rpartition('/')[2]}",
            area=f"{draft.name}.of_{name}",
            parents={**tenant, **{one: reading.spelled(one) for one in above.parents}, column: column},
            access=access,
            roles=roles,
            reason=f"`{draft.name}` are below `{above.name}`, which they refer to",
            bulk=words.bulk,
            query=words.listing.query,
        )
        shared: list[Verb] = [verb for verb in ("list", "create") if verb in verbs]
        yield from crud.operations_of(resource, below, shared)


def _tenant(reading: Reading, draft: Draft) -> tuple[str, Mapping[str, str]]:
    """What the paths of a resource begin with, and who decides the field with the tenant."""
    tenant = reading.head.tenant
    if tenant is None or not draft.words.tenant:
        return "", {}
    field = reading.spelled(tenant.field)
    return (f"/{{{tenant.path}}}", {tenant.path: field}) if tenant.path else ("", {str(tenant.header): field})


def access_of(reading: Reading, draft: Draft) -> Mapping[Verb, Access]:
    """Who may do what, as far as signing in goes."""
    words, where = draft.words, draft.where
    usual = Access.SIGNED_IN if reading.has_accounts else Access.PUBLIC
    found = {verb: WORDS[words.access[verb]] if verb in words.access else usual for verb in VERBS}
    if not reading.has_accounts:
        for key in ("owner", "requires"):
            if getattr(words, key):
                reading.wrong((*where, key), f"{key}: nobody signs in here", "Add `accounts: true` to the file.")
        if any(one is not Access.PUBLIC for one in found.values()):
            reading.wrong((*where, "access"), "access: nobody signs in here", "Add `accounts: true` to the file.")
        return found
    for key, verbs in (("owner", VERBS if words.owner else ()), ("requires", tuple(words.requires))):
        open_to_all = [verb for verb in verbs if found[verb] is not Access.SIGNED_IN]
        if open_to_all:
            reading.wrong(
                (*where, "access"),
                f"access: {', '.join(open_to_all)} must be for those who are signed in, since there is `{key}`",
                f"Leave out `{key}`, or write `signed-in`.",
            )
    return found


def _roles(reading: Reading, draft: Draft) -> Mapping[Verb, str]:
    return draft.words.requires
