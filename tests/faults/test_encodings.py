"""Bytes that are not what the header fields say of them."""

from __future__ import annotations

import json
import zlib

import aiohttp
import pytest

from tests.conftest import Client
from tests.faults.conftest import Break
from tests.faults.raw import call
from tests.faults.test_body import TASKS, healed


async def test_an_answer_that_calls_itself_compressed_is_not(signed_in: Client, breaks: Break) -> None:
    await breaks("body.encoding_mismatch")
    received = await call(signed_in, "GET", TASKS, Accept_Encoding="gzip")
    assert b"Content-Encoding: gzip" in received.head
    assert received.json["page"] == 1
    with pytest.raises(aiohttp.ClientError):
        await signed_in.send("GET", TASKS)
    assert await healed(signed_in)


async def test_a_gzip_body_ends_in_the_middle_and_decodes_in_part(signed_in: Client, breaks: Break) -> None:
    whole = (await signed_in.send("GET", TASKS)).body
    await breaks("body.gzip_cut", fraction=0.5)
    received = await call(signed_in, "GET", TASKS, Accept_Encoding="gzip")
    assert b"Content-Encoding: gzip" in received.head
    assert len(received.body) == received.promised
    unpacking = zlib.decompressobj(wbits=31)
    part = unpacking.decompress(received.body)
    assert not unpacking.eof
    assert 0 < len(part) < len(whole)
    assert whole.startswith(part[:100])
    assert await healed(signed_in)


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-16le"])
async def test_a_body_is_written_in_the_charset_that_its_type_names(
    signed_in: Client, breaks: Break, charset: str
) -> None:
    title = "Über größere Straßen"
    created = (await signed_in.send("POST", TASKS, json={"title": title})).json
    await breaks("body.charset", value=charset)
    async with signed_in.http.get(f"{TASKS}/{created['id']}") as response:
        assert response.content_type == "application/json"
        assert response.charset == charset
        raw = await response.read()
    # Who follows the header reads it; who takes JSON for UTF-8 (RFC 8259, section 8.1), as fetch does, cannot.
    assert json.loads(raw.decode(charset))["title"] == title
    assert title not in raw.decode("utf-8", "replace")
    assert (await healed(signed_in, f"{TASKS}/{created['id']}"))["title"] == title


async def test_a_byte_order_mark_stands_before_the_json(signed_in: Client, breaks: Break) -> None:
    await breaks("body.bom")
    answer = await signed_in.send("GET", TASKS)
    assert answer.body.startswith(b"\xef\xbb\xbf{")
    with pytest.raises(json.JSONDecodeError, match="BOM"):
        json.loads(answer.body.decode())
    assert json.loads(answer.body.decode("utf-8-sig"))["total"] == 57
    assert await healed(signed_in)
