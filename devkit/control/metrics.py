"""The numbers of a server in Prometheus' text form, version 0.0.4 (prometheus.io, "Exposition formats").

Names are as "Metric and label naming" wants them: a unit at the end, `_total` on what only rises. No label has a value
that a client can choose: operations are the contract's, kinds of faults those that there are, sandboxes have none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

import psutil

from devkit import __version__
from devkit.control.base import Call, Content, ControlOperation
from devkit.control.state import held
from devkit.control.tally import BOUNDS
from devkit.records import dataclass

Labels = Mapping[str, str]

CONTENT_TYPE = "text/plain; version=0.0.4"


@dataclass(frozen=True, slots=True)
class Sample:
    value: float
    labels: Labels | None = None
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A family: its name, whether it is a counter, gauge or histogram, what it is, and its samples."""

    name: str
    type: str
    help: str
    samples: Iterable[Sample]


async def metrics(call: Call) -> Content:
    """Of all sandboxes together."""
    found = [*_served(call), *_held(call), *await asyncio.to_thread(_process)]
    return Content("".join(map(_written, found)).encode(), CONTENT_TYPE)


def _served(call: Call) -> Iterator[Metric]:
    """What was done since the start."""
    tally = call.host.tally
    requests = [
        Sample(count, {"operation": operation or "none", "status": str(status)})
        for (operation, status), count in tally.requests.items()
    ]
    yield Metric("devkit_requests_total", "counter", "Requests answered, by operation and status.", requests)
    upto = list(accumulate(tally.slots))
    slots = [Sample(count, {"le": str(bound)}, "_bucket") for bound, count in zip(BOUNDS, upto, strict=False)]
    slots += [Sample(upto[-1], {"le": "+Inf"}, "_bucket"), Sample(tally.seconds, None, "_sum")]
    slots += [Sample(upto[-1], None, "_count")]
    yield Metric("devkit_request_duration_seconds", "histogram", "How long requests took.", slots)
    faults = [Sample(count, {"kind": kind}) for kind, count in tally.faults.items()]
    yield Metric("devkit_faults_total", "counter", "Faults that struck, by kind.", faults)
    frames = [Sample(count, {"direction": direction}) for direction, count in tally.frames.items()]
    told = "What happened on WebSockets: opened, closed, frames in and out."
    yield Metric("devkit_socket_events_total", "counter", told, frames)
    yield Metric("devkit_mails_total", "counter", "Mails sent.", [Sample(tally.mails)])
    yield Metric("devkit_sandboxes_created_total", "counter", "Sandboxes made.", [Sample(tally.sandboxes)])


def _held(call: Call) -> Iterator[Metric]:
    """What there is now."""
    host, kinds = call.host, held(call)["kinds"]
    info = {"version": __version__, "replica": call.sandbox.settings.replica}
    sockets = sum(len(lodger.sockets) for lodger in host.all())
    yield Metric("devkit_info", "gauge", "Which devkit this is; always 1.", [Sample(1, info)])
    yield Metric("devkit_sandboxes", "gauge", "Sandboxes there are, besides main.", [Sample(len(host.all()) - 1)])
    yield Metric("devkit_sandboxes_limit", "gauge", "Sandboxes there may be, besides main.", [Sample(host.most)])
    yield Metric("devkit_room_ratio", "gauge", "Room for further sandboxes: 1 is all of it.", [Sample(host.room)])
    yield Metric("devkit_draining", "gauge", "1 while no new sandboxes are taken.", [Sample(int(host.draining))])
    yield Metric("devkit_sockets", "gauge", "WebSockets that are open.", [Sample(sockets)])
    for name, word, help_ in (
        ("devkit_held_bytes", "size", "Memory that sandboxes take, roughly, by what is in it."),
        ("devkit_held_limit_bytes", "most", "Memory that sandboxes may take, by what is in it."),
    ):
        yield Metric(name, "gauge", help_, [Sample(kind[word], {"kind": kind["name"]}) for kind in kinds])


def _process() -> list[Metric]:
    """Of the process, under the names that client libraries give it ("Process metrics")."""
    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        return [
            Metric("process_cpu_seconds_total", "counter", "Processor time.", [Sample(times.user + times.system)]),
            Metric("process_resident_memory_bytes", "gauge", "Memory.", [Sample(process.memory_info().rss)]),
            Metric("process_start_time_seconds", "gauge", "When it started.", [Sample(process.create_time())]),
        ]


def _written(metric: Metric) -> str:
    lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.type}"]
    for sample in metric.samples:
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in (sample.labels or {}).items())
        lines.append(f"{metric.name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {sample.value:.17g}")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


ROWS = (
    ControlOperation(
        id="fleet.metrics",
        method="GET",
        path="/_devkit/metrics",
        summary="Numbers of this server in Prometheus' text form",
        handler=metrics,
    ),
)
