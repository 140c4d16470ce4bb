"""Files as they are given out: all of them or a part, to whom, under which name, as what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from devkit.contract.operations import Access, Need
from devkit.dialects.calling import File
from devkit.verify.case import Case, id_of
from devkit.verify.checks.uploads import FILENAME, LETTERS, TEXT, check, told, uploads
from devkit.verify.exchange import Answer
from devkit.verify.verdicts import expect, skip, unclear

_UNIT = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_NAME = re.compile(r";\s*filename\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?=;|$)", re.IGNORECASE)
_EXTENDED = re.compile(r";\s*filename\*\s*=\s*UTF-8''([!#$&+.^_`|~%0-9A-Za-z-]+)", re.IGNORECASE)


async def deleted_is_gone(case: Case) -> None:
    up = await uploads(case)
    answer = await up.stored(File(TEXT))
    delete = up.deletes
    if not (await up.visitor.call(delete, up.of(delete, id_of(answer)))).ok:
        unclear("the upload could not be deleted")
    down = await up.fetch(answer)
    expect(not down.ok, "what was deleted is given out all the same")


async def kept_from_others(case: Case) -> None:
    up = await uploads(case)
    if up.route.operation.access is not Access.SIGNED_IN or case.world.session is None:
        skip("uploads are everybody's")
    answer = await up.stored(File(TEXT))
    row, found = id_of(answer), case.target.meeting(Need.DOWNLOAD)
    if not found or found[0].operation.access is not Access.SIGNED_IN or not row:
        skip("downloads are everybody's")
    down = await case.visitor().call(found[0], up.of(found[0], row))
    expect(not down.ok, "who is not signed in gets a user's file")


async def _downloaded(case: Case, headers: Mapping[str, str] | None = None, file: File | None = None) -> Answer:
    up = await uploads(case)
    return await up.fetch(await up.stored(file or File(TEXT)), **(headers or {}))


async def part(case: Case) -> None:
    down = await _downloaded(case, {"Range": "bytes=5-14"})
    _is_part(down, TEXT, 5, 14)


async def last_part(case: Case) -> None:
    down = await _downloaded(case, {"Range": "bytes=-7"})
    _is_part(down, TEXT, len(TEXT) - 7, len(TEXT) - 1)


def _is_part(down: Answer, whole: bytes, first: int, last: int) -> None:
    """RFC 9110, section 14.2: a range may be passed over; where it is not, the answer is that part."""
    if down.status == 200:
        expect("bytes" not in down.words("Accept-Ranges"), "ranges are accepted, as it says, and all of it comes")
        expect(down.body == whole, "a range is asked for, and 200 comes with another body than the whole")
        skip("ranges are passed over")
    expect(down.status == 206, f"a part of a file is answered with {down.status}")
    match = _UNIT.fullmatch(down.get("Content-Range") or "")
    expect(match, f"a 206 has the Content-Range {down.get('Content-Range')}")
    assert match is not None  # noqa: S101 - expected above
    expect((int(match[1]), int(match[2])) == (first, last), f"for {first}-{last} comes {match[1]}-{match[2]}")
    expect(down.body == whole[first : last + 1], "the bytes of a part are not those of that part")


async def part_beyond(case: Case) -> None:
    down = await _downloaded(case, {"Range": "bytes=900000-"})
    if down.status == 200:
        skip("ranges are passed over")
    expect(down.status == 416, f"a part beyond the end is answered with {down.status} where 416 is right")
    said = down.get("Content-Range")
    expect(said is None or said == f"bytes */{len(TEXT)}", f"a 416 has the Content-Range {said}")


async def part_of_another(case: Case) -> None:
    down = await _downloaded(case, {"Range": "bytes=5-14", "If-Range": '"devkit-verify-no-such-version"'})
    expect(down.status == 200, f"a part of a version that is not there is answered with {down.status}, not with all")
    expect(
        down.body == TEXT, "a part of a version that is not there is asked for, and the answer is not all of this one"
    )


async def disposition(case: Case) -> None:
    up = await uploads(case)
    stored = await up.stored(File(TEXT, LETTERS))
    said = (await up.fetch(stored)).get("Content-Disposition")
    if said is None or "filename" not in said.lower():
        skip("downloads have no name")
    extended, plain = _EXTENDED.search(said), _NAME.search(said)
    expect(extended or plain, f"Content-Disposition: {said} has a name that cannot be read")
    if not extended:
        expect(said.isascii(), f"Content-Disposition: {said} has letters beyond ASCII, which browsers read differently")
        skip("the name of a download is plain")
    name, known = unquote(extended[1]), told(stored, FILENAME)
    expect(known is None or name == known, f"the download of {known} is called {name}")


async def no_page(case: Case) -> None:
    page = File(b"<!doctype html><script>document.title = 1</script>", "verify.html", "text/html")
    down = await _downloaded(case, file=page)
    if not down.ok:
        skip(f"a page is answered with {down.status}")
    policy = (down.get("Content-Security-Policy") or "").lower()
    kept = (
        down.media_type not in {"text/html", "application/xhtml+xml", "image/svg+xml", ""}
        or (down.get("Content-Disposition") or "").lower().startswith("attachment")
        or "sandbox" in policy
    )
    expect(kept, "an uploaded page is shown as one of the backend's own, with its scripts")


async def no_sniffing(case: Case) -> None:
    down = await _downloaded(case)
    if not down.ok:
        skip(f"a download is answered with {down.status}")
    attached = (down.get("Content-Disposition") or "").lower().startswith("attachment")
    kept = attached or (down.get("X-Content-Type-Options") or "").lower() == "nosniff"
    expect(kept, "what users uploaded may be sniffed: no X-Content-Type-Options: nosniff, and it is no attachment")


_RANGE, _SNIFF = "RFC 9110, section 14", 'Fetch, "X-Content-Type-Options"'

CHECKS = (
    check("deleted", "Is what was deleted not given out?", "RFC 9110, section 9.3.5", deleted_is_gone),
    check("part", "Is a range the part that was asked for?", f"{_RANGE}.2", part),
    check("last-part", "Is a range from the end that part?", f"{_RANGE}.1.2", last_part),
    check("part-beyond", "Is a range beyond the end refused?", "RFC 9110, section 15.5.17", part_beyond),
    check("disposition", "Can a download's name be read?", "RFC 6266, section 4.3", disposition),
    check("page", "Is an uploaded page not shown as one of the backend's own?", "HTML, origin", no_page),
    check("nosniff", "Is what users uploaded not taken for something else?", _SNIFF, no_sniffing),
    check(
        "private",
        "Is a user's file kept from others?",
        "CONTRACT: isolation of users",
        kept_from_others,
        signed_in=True,
    ),
    check(
        "if-range",
        "Does who has a part of another version get all of this one?",
        "RFC 9110, section 13.1.5",
        part_of_another,
    ),
)
