"""Uploads that crawl, stop, break off, or go wrong at the very end.

`at` is a part of the request, from 0 (its first bytes) to 1 (all of it): 0.5 is where a progress bar stands at 50 %. A
request that does not say how long it is meets the fault at its first bytes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from devkit.contract.operations import Need
from devkit.faults.base import Fault, Proceed
from devkit.faults.frames import changed
from devkit.faults.hit import Hit
from devkit.faults.matter import Answered, Arrival, Broken, Frame
from devkit.faults.parameters import Duration, ErrorStatus, Fraction


def reached(arrival: Arrival, at: float) -> bool:
    """Whether that part of the request is here."""
    return arrival.complete or not arrival.total or arrival.received >= at * arrival.total


class Throttle(Fault):
    """The server takes the upload at so many kilobits a second: the client's progress bar crawls."""

    kind = "upload.throttle"
    needs = (Need.UPLOAD,)
    example = {"kbps": 256}

    kbps: Annotated[float, Field(gt=0)]

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        # Bits by kilobits a second are milliseconds.
        await hit.sleep(len(arrival.data) * 8 / self.kbps)


class Stall(Fault):
    """The upload stops at this part of the request and goes on only when the scenario is switched off: the server reads
    no more, and the client's bytes stay where they are. As with any server that does not read, a client that gives up
    with bytes still unsent is found out only when reading goes on.
    """

    kind = "upload.stall"
    needs = (Need.UPLOAD,)
    terminal = True
    example = {"at": 0.5}

    at: Fraction = 0.5

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        if reached(arrival, self.at):
            await hit.hang()


class ResetUpload(Fault):
    """The connection is reset in the middle of the upload: a network error, and nothing is stored."""

    kind = "upload.reset"
    needs = (Need.UPLOAD,)
    terminal = True
    example = {"at": 0.5}

    at: Fraction = 0.5

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        if reached(arrival, self.at):
            raise Broken(reset=True)


class EarlyResponse(Fault):
    """The answer comes while the client is still sending: an error, and the rest of the body is read and dropped, so
    that the answer is seen. Browsers show it when they have sent everything: their progress reaches 100 % first.
    """

    kind = "upload.early_response"
    needs = (Need.UPLOAD,)
    terminal = True
    example = {"status": 413, "at": 0.2}

    status: ErrorStatus = 413
    at: Fraction = 0.2

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        if reached(arrival, self.at):
            raise hit.failure(self.status)


class RejectUpload(Fault):
    """The upload is refused before a byte of it is read."""

    kind = "upload.reject"
    needs = (Need.UPLOAD,)
    terminal = True
    example = {"status": 413}

    status: ErrorStatus = 413

    async def on_request(self, hit: Hit) -> None:
        raise Answered(hit.error(self.status))


class FinalizeSlow(Fault):
    """All bytes are here, progress stands at 100 % (in `upload_progress` too), and for this long neither the answer nor
    `upload_complete` comes.
    """

    kind = "upload.finalize_slow"
    needs = (Need.UPLOAD,)
    example = {"delay": "10s"}

    delay: Duration

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        if arrival.complete:
            await hit.sleep(self.delay)


class FinalizeFail(Fault):
    """All bytes are sent, and then the upload fails with this status: nothing is stored, `upload_failed` is told."""

    kind = "upload.finalize_fail"
    needs = (Need.UPLOAD,)
    terminal = True
    example = {"status": 500}

    status: ErrorStatus = 500

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        if arrival.complete:
            raise hit.failure(self.status)


class AckLost(Fault):
    """The upload is stored and `upload_complete` is told, but the connection breaks before the answer: a network error,
    and whoever sends the file again has it twice.
    """

    kind = "upload.ack_lost"
    needs = (Need.UPLOAD,)
    terminal = True

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        await proceed()
        raise Broken(reset=True)


class KeepsPartial(Fault):
    """A client that breaks off in the middle of a file leaves one behind that looks whole: what had arrived by then is
    stored and listed, and `upload_complete` told of it.
    """

    kind = "upload.keeps_partial"
    of_mock = "what the real backend stores of a file is not devkit's to say"
    needs = (Need.UPLOAD,)

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        if arrival.broken:
            arrival.whole = hit.felt = True


class ChecksumMismatch(Fault):
    """The file is damaged on its way: what is stored, its `sha256` in the answer and what a download gives are not what
    was sent, though the size is right.
    """

    kind = "upload.checksum_mismatch"
    needs = (Need.UPLOAD,)

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        if arrival.data:
            arrival.data = bytes([arrival.data[0] ^ 0xFF]) + arrival.data[1:]


class Progress(Fault):
    """The `upload_progress` messages are wrong, while the upload itself works. `stalls`: none comes from 50 % on.
    `backwards`: behind each comes one that tells half as much. `over_100`: it counts up to 150 %. `missing`: none comes
    at all. `wrong_id`: they name an upload that nobody knows.
    """

    kind = "upload.progress"
    events = ("upload_progress",)
    example = {"defect": "stalls"}

    defect: Literal["stalls", "backwards", "over_100", "missing", "wrong_id"]

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        received, percent = hit.subject.payload["received"], hit.subject.payload["percent"]
        match self.defect:
            case "stalls":
                return [] if percent >= 50 else [frame]
            case "backwards":
                behind = Frame(frame.text, frame.binary, frame.delay)
                return [frame, changed(behind, received=received // 2, percent=percent // 2)]
            case "over_100":
                return [changed(frame, received=received * 3 // 2, percent=percent * 3 // 2)]
            case "missing":
                return []
            case "wrong_id":
                return [changed(frame, upload_id=hit.chance.uuid())]


class Scan(Fault):
    """What was uploaded is looked through before anybody gets it. `pending`: for this long after the first asked (the
    sandbox's clock) a download is 409 `scan_pending`, with `Retry-After`. `infected`: it is 403 `infected`, now and
    later; the list still shows the file.
    """

    kind = "upload.scan"
    needs = (Need.DOWNLOAD,)
    terminal = True
    example = {"state": "pending"}

    state: Literal["pending", "infected"] = "pending"
    for_: Annotated[Duration, Field(alias="for")] = 10_000

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        if self.state == "infected":
            raise hit.failure(403, "infected", "The file was found to be infected")
        now = hit.levers.clock.straight()
        left = hit.memory.setdefault(hit.subject.path, now) + self.for_ - now
        if left > 0:
            seconds = -(-left // 1000)
            raise hit.failure(409, "scan_pending", "The file is being scanned", retry_after=seconds)
        return await proceed()


KINDS = (
    Throttle, Stall, ResetUpload, EarlyResponse, RejectUpload, FinalizeSlow, FinalizeFail, AckLost, ChecksumMismatch,
    KeepsPartial, Progress, Scan,
)  # fmt: skip
