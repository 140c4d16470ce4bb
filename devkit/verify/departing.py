"""How a backend departs from its contract, written down so that the mock departs in the same way.

What a check found is imitated by a fault: the file is a scenario, which says beside its rules what it departs from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from devkit.contract.operations import Need
from devkit.dialects.base import Route
from devkit.records import dataclass
from devkit.verify.report import Report
from devkit.verify.target import Target

Fault = Mapping[str, Any]
Where = Callable[[Target], Route | None]


@dataclass(frozen=True, slots=True)
class Imitation:
    """A fault that makes the mock fail a check, at the route that `where` finds (None: everywhere that it can)."""

    fault: Fault
    where: Where | None = None


def _first(need: Need) -> Where:
    return lambda target: next(iter(target.meeting(need)), None)


def _row(what: str) -> Where:
    """The route of the first collection that has rows of one's own."""

    def found(target: Target) -> Route | None:
        one = next(iter(target.collections), None)
        route: Route | None = getattr(one, what) if one is not None else None
        return route

    return found


def _login(target: Target) -> Route | None:
    return target.login


def _logout(target: Target) -> Route | None:
    return target.logout


def _header(name: str, value: str | None = None, **more: Any) -> Fault:
    told = {"value": value} if value is not None else {}
    return {"type": "http.header", "name": name, **told, **more}


_CUT = {"type": "http.abort", "status": 204}
_ALL_METHODS = ["PUT", "PATCH", "DELETE"]
_TELLING = ["X-Total-Count", "Link", "Location", "ETag", "Retry-After", "Content-Range"]

IMITATIONS: Mapping[str, Imitation] = {
    "auth.challenge": Imitation(_header("WWW-Authenticate")),
    "auth.says-invalid": Imitation(_header("WWW-Authenticate", "Bearer", only=401)),
    "auth.refreshes": Imitation({"type": "refresh.loop"}),
    "auth.refresh-twice-at-once": Imitation({"type": "refresh.fail", "status": 500}),
    "auth.logout": Imitation(_CUT, _logout),
    "auth.logout-ends-refresh": Imitation(_CUT, _logout),
    "cookies.http-only": Imitation({"type": "cookie.httponly_missing"}, _login),
    "cookies.same-site": Imitation({"type": "cookie.samesite", "value": "missing"}, _login),
    "cookies.secure": Imitation({"type": "cookie.secure", "value": False}, _login),
    "cookies.path": Imitation({"type": "cookie.path", "value": "/elsewhere"}, _login),
    "cookies.size": Imitation({"type": "cookie.oversize"}, _login),
    "cookies.prefixes": Imitation({"type": "cookie.prefix_violation"}, _login),
    "cookies.once": Imitation({"type": "cookie.duplicate"}, _login),
    "cookies.well-formed": Imitation({"type": "cookie.malformed"}, _login),
    "cookies.cleared": Imitation({"type": "cookie.not_cleared"}, _logout),
    "cookies.cleared-alike": Imitation({"type": "cookie.path", "value": "/elsewhere"}, _logout),
    "cors.readable": Imitation({"type": "cors.origin", "mode": "missing"}),
    "cors.errors": Imitation({"type": "cors.missing_on_errors"}),
    "cors.preflight": Imitation({"type": "preflight.status", "status": 500}),
    "cors.preflight-method": Imitation({"type": "cors.method_missing", "methods": _ALL_METHODS}),
    "cors.preflight-fields": Imitation(
        {"type": "cors.header_missing", "headers": ["Content-Type", "Authorization", "If-Match", "Idempotency-Key"]}
    ),
    "cors.preflight-age": Imitation({"type": "preflight.max_age", "seconds": 604_800}),
    "cors.star": Imitation({"type": "cors.origin", "mode": "wildcard"}),
    "cors.vary": Imitation({"type": "cors.vary_missing"}),
    "cors.exposed": Imitation({"type": "cors.expose_missing", "headers": _TELLING}),
    "cors.single": Imitation({"type": "cors.origin", "mode": "multiple"}),
    "errors.shape": Imitation({"type": "error.shape", "shape": "problem"}),
    "errors.fields": Imitation({"type": "error.shape", "shape": "string"}),
    "json.content-type": Imitation({"type": "body.content_type", "value": "text/plain"}),
    "json.charset": Imitation({"type": "body.charset"}),
    "json.no-bom": Imitation({"type": "body.bom"}),
    "json.zones": Imitation({"type": "field.date", "zone": "none"}),
    "json.instants": Imitation({"type": "field.date", "format": "us"}),
    "json.deleted": Imitation(_CUT, _row("delete")),
    "security.telltale": Imitation(_header("X-Powered-By", "Express")),
    "security.html-upload": Imitation(_header("Content-Disposition"), _first(Need.DOWNLOAD)),
    "paging.limit": Imitation({"type": "page.limit_ignored"}, _row("list")),
    "paging.total": Imitation({"type": "page.total_wrong"}, _row("list")),
    "conditional.tag": Imitation({"type": "etag", "mode": "missing"}, _row("get")),
    "conditional.tag-stays": Imitation({"type": "etag", "mode": "wrong"}, _row("get")),
    "idempotency.once": Imitation({"type": "idempotency.ignored"}, _row("create")),
    "uploads.bytes": Imitation({"type": "upload.checksum_mismatch"}),
    "streams.done": Imitation({"type": "stream.no_done"}),
    "http.unasked-304": Imitation({"type": "http.bad_304"}),
    "http.clock": Imitation({"type": "clock.skew", "by": "-10m", "apply": "date_header"}),
}
"""By the check that it makes fail."""


def departures(report: Report, target: Target, base: str, name: str) -> str:
    """The file: YAML, with what could not be imitated as comments. `base` is what it departs from, as `--contract`
    would name it, and `name` the file's, without its suffix.
    """
    import yaml

    rules = [*_rules(report, target)]
    failed = [result for result in report.results if result.verdict == "failed"]
    head = {
        "name": name,
        "title": f"As {report.url} answered",
        "description": f"How {report.url} departs from {report.contract} as {report.dialect} has it.",
        "departs_from": base,
        "rules": rules,
    }
    lines = [
        "# Written by `devkit verify --as-dialect`. Served with `devkit serve --contract`, it is a mock that departs",
        "# from its contract as the backend does that was measured; in scenarios/ it is a scenario.",
        yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=110).rstrip(),
    ]
    left = [result for result in failed if result.check.id not in IMITATIONS]
    if left:
        lines.append("\n# Not imitated:")
        lines += [f"# {result.check.id}: {result.reason}".replace("\n", " ") for result in left]
    return "\n".join(lines) + "\n"


def _rules(report: Report, target: Target) -> Iterator[dict[str, Any]]:
    """The rules, each once: two checks may be failed by one departure."""
    seen: list[Any] = []
    for result in report.results:
        imitation = IMITATIONS.get(result.check.id)
        if result.verdict != "failed" or imitation is None:
            continue
        rule: dict[str, Any] = {}
        if imitation.where is not None:
            route = imitation.where(target)
            if route is None:
                continue
            rule["match"] = {"operation": route.operation.id}
        rule["fault"] = dict(imitation.fault)
        if rule not in seen:
            seen.append(rule)
            yield {"id": result.check.id.replace(".", "-"), **rule}
