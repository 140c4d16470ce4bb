"""Which control operation answers with what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from devkit.control.answers import common, happened, scenarios, server, stored, verifying
from devkit.drill.report import Report
from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer of one of these media types, which is a file."""

    media_types: tuple[str, ...]


class DrillList(TypedDict):
    """The newest first, without their entries."""

    data: list[Report]
    total: int


ANSWERS: Mapping[str, Any] = {
    "control.list": common.Listing,
    "control.openapi": server.Document,
    "state.status": server.Status,
    "state.memory": server.Memory,
    "state.reset": server.ResetDone,
    "sandbox.list": server.SandboxList,
    "sandbox.create": server.MadeSandbox,
    "sandbox.show": server.Sandbox,
    "sandbox.delete": common.Said,
    "scenario.list": scenarios.ScenarioList,
    "scenario.off_all": common.Named,
    "scenario.show": scenarios.Scenario,
    "scenario.use": scenarios.Activation,
    "scenario.off": common.Named,
    "scenario.active": list[scenarios.Activation],
    "scenario.check": scenarios.Checked,
    "scenario.try": scenarios.Activation,
    "scenario.save": scenarios.Saved,
    "scenario.source": scenarios.Source,
    "fault.list": scenarios.FaultList,
    "clock.show": server.ClockShown,
    "clock.advance": server.ClockShown,
    "clock.freeze": server.ClockShown,
    "clock.set": server.ClockShown,
    "clock.run": server.ClockShown,
    "clock.reset": server.ClockShown,
    "snapshot.list": stored.SnapshotList,
    "snapshot.save": stored.Snapshot,
    "snapshot.restore": stored.Snapshot,
    "snapshot.delete": common.Said,
    "journal.list": happened.EntryList,
    "journal.follow": happened.Followed,
    "journal.wait": happened.Entry,
    "journal.show": happened.ShownEntry,
    "journal.clear": common.Deleted,
    "journal.keep": happened.Example,
    "user.list": stored.UserList,
    "session.list": stored.SessionList,
    "session.expire": common.Said,
    "session.revoke": common.Said,
    "token.mint": stored.Minted,
    "task.list": stored.TaskList,
    "upload.list": stored.UploadList,
    "upload.arriving": stored.ArrivingList,
    "model.list": stored.ModelList,
    "model.start": stored.ModelChanged,
    "model.stop": stored.ModelChanged,
    "mail.list": stored.MailList,
    "mail.clear": common.Deleted,
    "mail.show": stored.Mail,
    "connection.list": happened.ConnectionList,
    "connection.close": common.Said,
    "event.list": happened.EventList,
    "event.push": happened.Pushed,
    "barrier.list": scenarios.BarrierList,
    "barrier.release": scenarios.Released,
    "drill.list": DrillList,
    "drill.start": Report,
    "drill.show": Report,
    "drill.follow": Report,
    "drill.finish": Report,
    "drill.delete": common.Said,
    "drill.html": Raw(("text/html",)),
    "drill.junit": Raw(("application/xml",)),
    "contract.routes": server.RouteList,
    "contract.openapi": server.Document,
    "contract.asyncapi": server.Document,
    "keep.show": server.Kept,
    "keep.change": server.Kept,
    "recording.show": server.Recording,
    "recording.start": server.Recording,
    "recording.stop": server.Recording,
    "sandbox.export": Raw(("application/zip",)),
    "sandbox.import": server.MadeSandbox,
    "recording.download": Raw(("application/zip",)),
    "verify.show": verifying.Verifying,
    "verify.start": verifying.Verifying,
    "verify.cancel": verifying.Verifying,
    "verify.follow": verifying.VerifyRun,
    "verify.check": verifying.VerifyFinding,
    "verify.report": Raw(("text/html", "application/xml", "application/json")),
    "verify.arrange": verifying.Arranged,
    "fleet.health": server.Replica,
    "fleet.ready": server.Replica,
    "fleet.drain": server.Replica,
    "fleet.metrics": Raw(("text/plain",)),
}
"""Of a stream each message."""
