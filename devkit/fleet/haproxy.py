"""HAProxy's file (2.6 and newer).

It finds the id where a replica would, takes what stands before its dash for the name of a backend, and so needs no line
for each sandbox and each way to name one.
"""

from __future__ import annotations

from devkit.fleet.members import Fleet, Member
from devkit.fleet.placement import ID_PATTERN

_HEAD = """\
# HAProxy 2.6 or newer, in front of devkit: written by `devkit fleet config haproxy`.
#
# A request goes to the replica that the id of its sandbox names. What names none goes to {main}, but for new sandboxes:
# {emptiest}. A replica that is drained or full answers 503, and the next one is asked.
#
# No `option forwardfor`: Host reaches the replicas as it came, and they need no more. Fields of a proxy's own would
# keep them from answering in the quickest way.

defaults devkit
    mode http
    timeout connect 3s
    timeout http-request 30s
    timeout http-keep-alive 75s
    timeout queue 10s
    # Faults hang and drip; how long a client waits is the client's business.
    timeout client 1h
    timeout server 1h
    timeout tunnel 24h
    timeout check 10s
    option http-no-delay

frontend devkit from devkit
    bind {listen}
    # The sandbox that is meant: what a call is about, then what names one, what stands closest to the call first.
    http-request set-var(txn.id) path,word(4,/),lower if {{ path_reg -i ^/_devkit/api/sandboxes/{id} }}
"""

_WAYS = (
    ("req.hdr(X-Devkit-Sandbox),lower", ""),
    ("url_param(devkit_sandbox),lower", ""),
    ("path,word(1,/),url_dec,bytes(1),lower", "{ path_beg -i /~ /%7e }"),
    ("req.hdr(Host),word(1,.),lower", "{ req.hdr(Host) -m reg -i ^@ID@[^.]*[.] }"),
    ("query,regsub(.*dk_sbx_,)", "{ query -m sub dk_sbx_ }"),
    ("req.fhdr(Authorization),regsub(.*dk_sbx_,)", "{ req.fhdr(Authorization) -m sub dk_sbx_ }"),
    ("req.fhdr(X-API-Key),regsub(.*dk_sbx_,)", "{ req.fhdr(X-API-Key) -m sub dk_sbx_ }"),
    (
        "req.fhdr(Sec-WebSocket-Protocol),regsub(.*dk_sbx_,)",
        "{ req.fhdr(Sec-WebSocket-Protocol) -m sub dk_sbx_ }",
    ),
    ("req.cook(devkit_sandbox),lower", ""),
    ("req.hdr(X-Forwarded-Host,1),word(1,.),lower", "{ req.hdr(X-Forwarded-Host,1) -m reg -i ^@ID@[^.]*[.] }"),
    ("req.fhdr(Origin),word(2,/),word(1,.),lower", "{ req.fhdr(Origin) -m reg -i ^https?://@ID@[^.]*[.] }"),
    ("req.fhdr(Referer),word(2,/),word(1,.),lower", "{ req.fhdr(Referer) -m reg -i ^https?://@ID@[^.]*[.] }"),
)
"""How to find an id, and where there may be one, in the order of `devkit.server.hosting.selection`."""

_NEW = """
# New sandboxes. {how}
backend devkit-new from devkit
    balance roundrobin
    option httpchk
    http-check send meth GET uri /_devkit/ready hdr Host localhost
    option redispatch 1
    # Each of them more than once: which is asked next is a matter of turns, and some may be drained, and others down.
    retries {retries}
    retry-on conn-failure 503
"""

_REPLICA = """
backend {name} from devkit
    # Nobody looks whether it is well: there is no other that could answer, and one that is only slow would be cut off.
    retries 1
    http-error status 503 content-type application/json string '{{"error":"service_unavailable","message":"The replica \
{name} does not answer: its sandboxes are there again when it is, if it kept them"}}' hdr Retry-After 5
    server {name} {address}
"""


def written(fleet: Fleet) -> str:
    names = " ".join(one.name for one in fleet.members)
    host, port = fleet.listen
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if fleet.agents:
        emptiest = "they go to the emptiest, by the weights that replicas tell"
        how = f"Replicas tell their weight at port {fleet.agents}, each second: the more room, the more come."
    else:
        emptiest = "each replica gets one in turn"
        how = "In turn; with --agent-port, replicas tell how much room they have."
    lines = [_HEAD.format(main=fleet.main.name, emptiest=emptiest, listen=listen, id=ID_PATTERN)]
    for sample, where in _WAYS:
        condition = f" {where.replace('@ID@', ID_PATTERN)}" if where else ""
        lines.append(f"    http-request set-var(txn.id) {sample} if !{{ var(txn.id) -m len gt 0 }}{condition}\n")
    lines.append(
        "    http-request set-var(txn.replica) var(txn.id),field(1,-)\n"
        "    use_backend devkit-new if METH_POST !{ var(txn.id) -m len gt 0 }"
        " { path /_devkit/api/sandboxes /_devkit/api/sandboxes/import }\n"
        f"    use_backend %[var(txn.replica)] if {{ var(txn.replica) -m str {names} }}\n"
        f"    default_backend {fleet.main.name}\n"
    )
    lines.append(_NEW.format(how=how, retries=3 * len(fleet.members)))
    lines += [_new_server(one, fleet.agents) for one in fleet.members]
    lines += [_REPLICA.format(name=one.name, address=one.address) for one in fleet.members]
    return "".join(lines)


def _new_server(member: Member, agents: int) -> str:
    agent = f" weight 100 agent-check agent-port {agents} agent-inter 1s" if agents else ""
    return f"    server {member.name} {member.address} check inter 2s fall 3 rise 1{agent}\n"
