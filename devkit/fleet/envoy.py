"""Envoy's file: one route for each replica and each way to name a sandbox, since a route cannot compute a cluster."""

from __future__ import annotations

from typing import Any

from devkit.fleet.members import Fleet, Member
from devkit.fleet.yamled import dumped

_HEAD = """\
# Envoy 1.28 or newer, in front of devkit: written by `devkit fleet config envoy`.
#
# A request goes to the replica that the id of its sandbox names. What names none goes to {main}, but for new sandboxes:
# they go to whoever answers the fewest requests just now (Envoy knows no weights that a replica tells), and where one
# is drained or full and answers 503, to another.

"""

_FOREVER = "0s"
"""How Envoy says that it cuts nothing off: faults hang and drip."""

_TYPES = "type.googleapis.com/envoy"

Json = dict[str, Any]


def written(fleet: Fleet) -> str:
    host, port = fleet.listen
    manager = {
        "@type": f"{_TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "devkit",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "stream_idle_timeout": _FOREVER,
        "request_timeout": _FOREVER,
        "common_http_protocol_options": {"headers_with_underscores_action": "ALLOW", "idle_timeout": "3600s"},
        # The replicas' own, and no more: Date is the sandbox's time.
        "server_header_transformation": "PASS_THROUGH",
        "generate_request_id": False,
        "use_remote_address": False,
        "skip_xff_append": True,
        "normalize_path": False,
        "merge_slashes": False,
        "route_config": {
            "virtual_hosts": [{"name": "devkit", "domains": ["*"], "routes": _routes(fleet)}],
            "request_headers_to_remove": ["x-envoy-expected-rq-timeout-ms"],
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {
                    "@type": f"{_TYPES}.extensions.filters.http.router.v3.Router",
                    "suppress_envoy_headers": True,
                },
            }
        ],
    }
    listener = {
        "name": "devkit",
        "address": _address(host, port),
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    # Nobody looks whether a replica is well where no other could answer: one that is only slow would be cut off.
    clusters = [_cluster("devkit-new", fleet.members) | {"health_checks": [_READY]}]
    clusters += [_cluster(one.name, (one,)) for one in fleet.members]
    document = {"static_resources": {"listeners": [listener], "clusters": clusters}}
    return _HEAD.format(main=fleet.main.name) + dumped(document)


def _routes(fleet: Fleet) -> list[Json]:
    """In the order of `devkit.server.hosting.selection`: the first that fits counts."""
    found: list[Json] = []
    for match in (_about, _header, _query, _path, _host, _token_in_query, *_TOKENS, _cookie, *_PAGES):
        found += [_route(match(one.name), one.name) for one in fleet.members]
        # Another sandbox that is named in the same way: no other way counts any more.
        if match in {_header, _query, _path, _cookie}:
            found.append(_route(match(NAMED), fleet.main.name))
    new = {"path": "/_devkit/api/sandboxes", "headers": [_is(":method", "POST")]}
    for path in (new["path"], f"{new['path']}/import"):
        route = _route({**new, "path": path}, "devkit-new")
        route["route"]["retry_policy"] = {
            "retry_on": "retriable-status-codes,connect-failure,refused-stream",
            "retriable_status_codes": [503],
            "num_retries": len(fleet.members),
            "retry_host_predicate": [
                {
                    "name": "envoy.retry_host_predicates.previous_hosts",
                    "typed_config": {
                        "@type": f"{_TYPES}.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                    },
                }
            ],
            "host_selection_retry_max_attempts": 5,
        }
        found.append(route)
    return [*found, _route({"prefix": "/"}, fleet.main.name)]


MANY = 1_000_000
NAMED = ".*"
"""Instead of a replica's name: any sandbox at all."""


def _route(match: Json, cluster: str) -> Json:
    return {
        "match": match,
        "route": {"cluster": cluster, "timeout": _FOREVER, "idle_timeout": _FOREVER},
    }


def _regex(name: str, regex: str) -> Json:
    return {"name": name, "string_match": {"safe_regex": {"regex": regex}}}


def _is(name: str, value: str) -> Json:
    return {"name": name, "string_match": {"exact": value}}


def _id(replica: str) -> str:
    return ".+" if replica == NAMED else f"{replica}-.+"


def _about(replica: str) -> Json:
    return {"safe_regex": {"regex": f"/_devkit/api/sandboxes/{replica}-.+"}}


def _header(replica: str) -> Json:
    return {"prefix": "/", "headers": [_regex("x-devkit-sandbox", _id(replica))]}


def _query(replica: str) -> Json:
    return {"prefix": "/", "query_parameters": [_regex("devkit_sandbox", _id(replica))]}


def _path(replica: str) -> Json:
    return {"safe_regex": {"regex": f"/(~|%7[Ee]){_id(replica)}"}}


def _host(replica: str) -> Json:
    return {"prefix": "/", "headers": [_regex(":authority", rf"{replica}-[^.]+\..*")]}


def _token_in_query(replica: str) -> Json:
    return {"prefix": "/", "headers": [_regex(":path", rf".*[?].*dk_sbx_{replica}-.*")]}


def _cookie(replica: str) -> Json:
    rest = "[^;]+" if replica == NAMED else f"{replica}-[^;]+"
    return {"prefix": "/", "headers": [_regex("cookie", rf"(.*;\s*)?devkit_sandbox={rest}(;.*)?")]}


def _token(field: str) -> Any:
    return lambda replica: {"prefix": "/", "headers": [_regex(field, f".*dk_sbx_{replica}-.*")]}


def _page(field: str, before: str) -> Any:
    return lambda replica: {"prefix": "/", "headers": [_regex(field, rf"{before}{replica}-[^./]+\..*")]}


_TOKENS = tuple(map(_token, ("authorization", "x-api-key", "sec-websocket-protocol")))
_PAGES = (_page("x-forwarded-host", ""), _page("origin", "https?://"), _page("referer", "https?://"))


_READY: Json = {
    "timeout": "10s",
    "interval": "2s",
    "no_traffic_interval": "2s",
    "unhealthy_threshold": 3,
    "healthy_threshold": 1,
    "http_health_check": {"path": "/_devkit/ready", "host": "localhost"},
}


def _cluster(name: str, members: tuple[Member, ...]) -> Json:
    return {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": "3s",
        "lb_policy": "LEAST_REQUEST",
        # Of itself it gives up at 1,024 requests under way, and at 3 that are asked again.
        "circuit_breakers": {
            "thresholds": [
                dict.fromkeys(("max_connections", "max_pending_requests", "max_requests", "max_retries"), MANY)
            ]
        },
        # A replica that is down is told apart from one that is not there: its requests fail, they go to no other.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": _address(one.host, one.port)}} for one in members]}
            ],
        },
    }


def _address(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}
