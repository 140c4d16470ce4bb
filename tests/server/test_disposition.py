"""Names of files in `Content-Disposition`: read from forms, written in answers, and what real browsers make of both."""

from __future__ import annotations

import json
import time

import pytest
from playwright.async_api import Browser

from devkit.server.http.disposition import FormField, read_form_field, write_disposition
from tests.conftest import Client
from tests.firefox import Firefox


@pytest.mark.parametrize(
    ("header", "filename"),
    [
        # As browsers write them: three characters are escaped, a backslash is not (WHATWG HTML, "multipart/form-data").
        ('form-data; name="file"; filename="a.txt"', "a.txt"),
        ('form-data; name="file"; filename="a;b; c=d.txt"', "a;b; c=d.txt"),
        ('form-data; name="file"; filename="a%22b%0d%0A.txt"', 'a"b\r\n.txt'),
        ('form-data; name="file"; filename="100%.txt"', "100%.txt"),
        ('form-data; name="file"; filename="%41.txt"', "%41.txt"),
        ('form-data; name="file"; filename="C:\\dir\\x.txt"', "C:\\dir\\x.txt"),
        ('form-data; name="file"; filename="a\\"', "a\\"),
        ('form-data; name="file"; filename="  a  "', "  a  "),
        ('form-data; name="file"; filename=""', ""),
        ('form-data; name="file"; filename="\u00e9\u202f.txt"', "é\u202f.txt"),
        ('form-data; name="file"; filename="\udcff.txt"', "\ufffd.txt"),
        # As clients do that are no browsers: curl before 7.81 escapes quotes, others write tokens, or RFC 8187.
        ('form-data; name="file"; filename="a\\"b\\".txt"', 'a"b".txt'),
        ("form-data; name=file; filename=a b.txt", "a b.txt"),
        ('Form-Data;NAME = "file" ; FileName = "a.txt" ; size=5;', "a.txt"),
        ("form-data; name=file; filename*=UTF-8'de'%e2%82%ac%20a.txt", "€ a.txt"),
        ("form-data; name=file; filename*=iso-8859-1''%e9.txt", "é.txt"),
        ('form-data; name="file"; filename="_ a.txt"; filename*=utf-8\'\'%e2%82%ac%20a.txt', "€ a.txt"),
        ('form-data; name="file"; filename="a.txt"; filename*=koi8-r\'\'%d0', "a.txt"),
        ('form-data; name="file"; filename="a.txt"; filename*=nonsense', "a.txt"),
        ('form-data; name="file"', None),
    ],
)
def test_a_name_is_read_as_it_was_meant(header: str, filename: str | None) -> None:
    assert read_form_field(header) == FormField("file", filename)


@pytest.mark.parametrize("header", [None, "attachment; filename=x", 'inline; name="file"'])
def test_what_is_no_field_of_a_form_has_no_name(header: str | None) -> None:
    assert read_form_field(header) == FormField(None, None)


@pytest.mark.parametrize(
    "header",
    [
        "",
        ";",
        "form-data; name",
        'form-data; name="file',
        'form-data; name="file"; filename="a"b.txt"',
        'form-data; name="file"; name="other"',
        'form-data; name="file"; filename="a"; FILENAME="b"',
        'form-data name="file"',
    ],
)
def test_a_broken_header_is_no_guess(header: str) -> None:
    with pytest.raises(ValueError, match=r"parameter|type"):
        read_form_field(header)


def test_no_header_takes_long_to_read() -> None:
    hostile = [
        '"' + '\\"' * 8000,
        '"' + "\\" * 16000,
        '"' + '\\" ' * 5000,
        " " * 16000 + "x",
        '"' + " " * 16000,
        "a=" * 8000,
    ]
    begun = time.process_time()
    for value in hostile:
        for header in (f"form-data; name={value}", f"form-data; name={value}\x00"):
            try:
                read_form_field(header)
            except ValueError:
                continue
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("filename", "written"),
    [
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("a'b(1)+[2],{3}.txt", 'attachment; filename="a\'b(1)+[2],{3}.txt"'),
        ("é.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"),
        ("🎉.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%F0%9F%8E%89.txt"),
        ('a"b.txt', "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt"),
        ("a\\b", "attachment; filename=\"a_b\"; filename*=UTF-8''a%5Cb"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("a;b'*.txt", "attachment; filename=\"a_b'*.txt\"; filename*=UTF-8''a%3Bb%27%2A.txt"),
    ],
)
def test_a_name_is_written_for_everybody(filename: str, written: str) -> None:
    """RFC 6266, section 4.3 and appendix D; RFC 8187, section 3.2.1."""
    assert write_disposition("attachment", filename) == written


# Browsers

NAMES = [
    "plain.txt",
    "semi;colon, a=b.txt",
    'quo"te.txt',
    "100% %2.txt",
    "naïve – 文件 🎉.txt",
    "10\u202f000\u00a0km\u3000.txt",
    "👩\u200d🚀.txt",
    " .env ",
    "x" * 300 + ".tar",
]
KEPT = [*NAMES[:-1], "x" * 251 + ".tar"]

SCRIPT = """async (names, token, address) => {
    const kept = []
    for (const name of names) {
        const form = new FormData()
        form.append('file', new File(['x'], name))
        const headers = {Authorization: 'Bearer ' + token}
        const answer = await fetch(address + '/api/uploads', {method: 'POST', body: form, headers})
        kept.push((await answer.json()).filename)
    }
    return kept
}"""


@pytest.mark.browser
async def test_chromium_sends_names_and_saves_them_as_they_are(signed_in: Client, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{signed_in.url}/_devkit/")
    arguments = f"{json.dumps(NAMES)}, {json.dumps(signed_in.token)}, ''"
    assert await page.evaluate(f"() => ({SCRIPT})({arguments})") == KEPT
    listed = (await signed_in.send("GET", "/api/uploads?limit=100")).json["data"]
    urls = {one["filename"]: one["url"] for one in listed}
    await page.set_extra_http_headers(signed_in.bearer)
    # In other names, Chromium itself puts underscores for quotes and joiners when it saves them.
    for name in (NAMES[1], NAMES[4]):
        async with page.expect_download() as begun:
            await page.evaluate("url => { location.href = url }", urls[name])
        assert (await begun.value).suggested_filename == name


@pytest.mark.slow
@pytest.mark.browser
async def test_firefox_sends_names_as_they_are(signed_in: Client, firefox: Firefox) -> None:
    async with firefox.lent() as browser:
        page = await browser.new_page()
        await page.goto(f"{signed_in.url}/_devkit/")
        arguments = f"{json.dumps(NAMES)}, {json.dumps(signed_in.token)}, ''"
        assert await page.evaluate(f"() => ({SCRIPT})({arguments})") == KEPT
