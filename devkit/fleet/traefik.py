"""Traefik's file for its file provider: one router for each replica and each way to name a sandbox."""

from __future__ import annotations

from typing import Any

from devkit.fleet.members import Fleet
from devkit.fleet.yamled import dumped

_HEAD = """\
# Traefik 3, in front of devkit: written by `devkit fleet config traefik`, for its file provider. Its static
# configuration has the entry point, which must cut nothing off:
#
#   entryPoints:
#     devkit:
#       address: "{listen}"
#       transport: {{respondingTimeouts: {{readTimeout: 0s, writeTimeout: 0s, idleTimeout: 180s}}}}
#   providers: {{file: {{filename: this-file.yaml}}}}
#
# A request goes to the replica that the id of its sandbox names. What names none goes to {main}, but for new sandboxes:
# each replica gets one in turn. Traefik knows no weights that a replica tells, and asks no other one where an answer is
# 503: until it has seen that a replica is drained or full (within two seconds), whoever wants a sandbox of it is told
# so, with a Retry-After.

"""

Json = dict[str, Any]

NEW = "Method(`POST`) && (Path(`/_devkit/api/sandboxes`) || Path(`/_devkit/api/sandboxes/import`))"
_HIGHEST = 1000


def written(fleet: Fleet) -> str:
    host, port = fleet.listen
    routers: Json = {}
    priority = _HIGHEST
    for way, rule in _WAYS.items():
        for one in fleet.members:
            routers[f"devkit-{way}-{one.name}"] = _router(rule.replace("@", f"{one.name}-"), one.name, priority)
        priority -= 1
        if way in _ANY:
            # Another sandbox that is named in the same way: no other way counts any more.
            routers[f"devkit-{way}-other"] = _router(_ANY[way], fleet.main.name, priority)
        priority -= 1
    routers["devkit-new"] = _router(NEW, "new", priority)
    routers["devkit-main"] = _router("PathPrefix(`/`)", fleet.main.name, priority - 1)
    # Nobody looks whether a replica is well where no other could answer: one that is only slow would be cut off.
    services: Json = {f"devkit-{one.name}": _service([one.address]) for one in fleet.members}
    services["devkit-new"] = _service([one.address for one in fleet.members])
    services["devkit-new"]["loadBalancer"]["healthCheck"] = _READY
    document = {
        "http": {
            "routers": routers,
            "services": services,
            "serversTransports": {
                "devkit": {"forwardingTimeouts": {"dialTimeout": "3s", "responseHeaderTimeout": "0s"}}
            },
        }
    }
    listen = "" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host
    return _HEAD.format(main=fleet.main.name, listen=f"{listen}:{port}") + dumped(document)


_WAYS = {
    "about": "PathRegexp(`^/_devkit/api/sandboxes/@.`)",
    "header": "HeaderRegexp(`X-Devkit-Sandbox`, `^@.`)",
    "query": "QueryRegexp(`devkit_sandbox`, `^@.`)",
    "path": "PathRegexp(`^/~@.`)",
    "host": r"HostRegexp(`^@[^.]+\..+$`)",
    "token": "HeaderRegexp(`Authorization`, `dk_sbx_@`) || HeaderRegexp(`X-Api-Key`, `dk_sbx_@`)"
    " || HeaderRegexp(`Sec-Websocket-Protocol`, `dk_sbx_@`) || QueryRegexp(`token`, `^dk_sbx_@`)",
    "cookie": r"HeaderRegexp(`Cookie`, `(^|;\s*)devkit_sandbox=@`)",
    "page": r"HeaderRegexp(`X-Forwarded-Host`, `^@[^.]+\.`) || HeaderRegexp(`Origin`, `^https?://@[^.]+\.`)"
    r" || HeaderRegexp(`Referer`, `^https?://@[^.]+\.`)",
}
"""How a replica is found, in the order of `devkit.server.hosting.selection`; `@` stands for its name and a dash."""

_ANY = {
    "header": "HeaderRegexp(`X-Devkit-Sandbox`, `.`)",
    "query": "QueryRegexp(`devkit_sandbox`, `.`)",
    "path": "PathPrefix(`/~`)",
    "cookie": r"HeaderRegexp(`Cookie`, `(^|;\s*)devkit_sandbox=`)",
}


_READY = {"path": "/_devkit/ready", "hostname": "localhost", "interval": "2s", "timeout": "10s"}


def _router(rule: str, service: str, priority: int) -> Json:
    return {"rule": rule, "service": f"devkit-{service}", "priority": priority}


def _service(addresses: list[str]) -> Json:
    return {
        "loadBalancer": {
            "servers": [{"url": f"http://{address}"} for address in addresses],
            "passHostHeader": True,
            "serversTransport": "devkit",
            "responseForwarding": {"flushInterval": "-1ns"},
        }
    }
