"""Functions of the user's keep operations: they see rows, are read anew when they change, and end no server."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByFunction
from devkit.contract.operations import Operation
from devkit.contract.resources import Events
from devkit.contract.shapes import Body, Outcome, Said, Told
from devkit.domain.base import Caller
from devkit.domain.functions import Functions
from devkit.storage.database import MemoryDatabase
from tests.rows.shop import ANNA, NOBODY, NOW, Shop, fill, notes

Call = Callable[..., Any]


@pytest.fixture
async def shop() -> Any:
    database: Any = MemoryDatabase()
    await database.write(fill)
    issues = notes(name="issues", singular="issue", events=Events(), apart=("/{}", "/{}/{}"))
    yield Shop(database, notes(), issues)
    await database.close()


@pytest.fixture
def call(shop: Shop, tmp_path: Path) -> Call:
    """Calls the function `quote` of a file with that text, by the keeper of one server."""
    by = ByFunction(file=tmp_path / "rates.py", name="quote")
    resources: Any = SimpleNamespace(clock=shop.clock)
    functions = Functions(resources, lambda: shop.rows, tuple(shop.kinds))
    stamps = iter(range(1, 100))

    async def called(
        text: str | None, told: Told | None = None, caller: Caller = ANNA, outcomes: tuple[Outcome, ...] = ()
    ) -> Said:
        if text is not None:
            by.file.write_text(text)
            # However fast this goes, another text is another version.
            os.utime(by.file, ns=(0, next(stamps)))
        operation = Operation(id="rates.quote", summary="", keeper=by, result=None, outcomes=outcomes)
        found: Said = await functions.keeper(operation, by)(caller, told or Told())
        return found

    return called


async def test_a_function_is_given_what_its_parameters_name(call: Call) -> None:
    text = """
async def quote(told, caller, clock):
    return {"for": told.path["id"], "to": caller.email, "at": clock.now()}
"""

    answer = await call(text, Told(path={"id": 7}))

    assert answer.body == {"for": 7, "to": "1@example.com", "at": NOW.replace(".000Z", "+00:00")}
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert (await call("def quote(caller): return caller is None", caller=NOBODY)).body is True


async def test_rows_can_be_read_and_changed(call: Call, shop: Shop) -> None:
    text = """
async def quote(rows):
    notes = rows["notes"]
    made = await notes.create({"title": "a", "size": 2})
    await notes.create({"title": "b"})
    await notes.update(made["id"], {"size": 5})
    gone = await notes.create({"title": "c"})
    await notes.delete(gone["id"])
    return {
        "one": (await notes.get(made["id"]))["size"],
        "all": sorted(row["title"] for row in await notes.list()),
        "some": [row["title"] for row in await notes.list(size=5)],
        "gone": await notes.find(gone["id"]),
    }
"""

    assert (await call(text)).body == {"one": 5, "all": ["a", "b"], "some": ["a"], "gone": None}
    assert (await shop.list("notes")).total == 2


async def test_rows_that_are_kept_apart_are_those_of_the_place_that_it_names(call: Call) -> None:
    text = """
async def quote(rows):
    one, two = rows["issues"].at("octo", "one"), rows["issues"].at("octo", "two")
    made = await one.create({"title": "a"})
    await one.update(made["id"], {"title": "b"})
    return [row["title"] for row in await one.list()], await two.find(made["id"]), await two.list()
"""
    assert (await call(text)).body == [["b"], None, []]


async def test_a_row_that_is_not_there_is_a_404_of_the_contracts(call: Call) -> None:
    with pytest.raises(DomainError) as raised:
        await call('async def quote(rows): return await rows["notes"].get("x")')

    assert raised.value.kind.name == "not_found"


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        ("return {'a': (1, 2)}", (200, {"a": [1, 2]}, "application/json", {})),
        ("return 201, ['a']", (201, ["a"], "application/json", {})),
        ("return 409, {}, {'Retry-After': 3}", (409, {}, "application/json", {"Retry-After": "3"})),
        ("return None", (204, None, "", {})),
        ("return 'text'", (200, "text", "application/json", {})),
        ("return b'x'", (200, b"x", "application/octet-stream", {})),
    ],
)
async def test_what_it_gives_is_the_answer(call: Call, gives: str, said: tuple[Any, ...]) -> None:
    answer = await call(f"async def quote():\n    {gives}")

    assert (answer.status, answer.body, answer.media_type, answer.headers) == said


async def test_it_is_called_what_the_contract_promises(call: Call) -> None:
    csv = Outcome(status="201", body=Body(media={"text/csv": {}}))

    answer = await call("def quote(): return 'a,b'", outcomes=(csv,))

    assert (answer.status, answer.body, answer.media_type) == (201, "a,b", "text/csv")


FAILED = "The function quote of rates.py failed"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\nasync def quote():\n    return {}['price']\n", f"{FAILED} at line 3: KeyError: 'price'"),
        ("\n\ndef quote(:\n", f"{FAILED} at line 3: SyntaxError: invalid syntax"),
        ("raise ValueError('no')\n", f"{FAILED} at line 1: ValueError: no"),
        ("import sys\ndef quote():\n    sys.exit(3)\n", f"{FAILED} at line 3: SystemExit: 3"),
        ("def quote(): return object()", f"{FAILED}: TypeError: it gave object, which is not JSON"),
        ("def quote(request): pass", "Quote of rates.py takes request: it may take caller, told, rows, clock"),
        ("quote = 3", "Rates.py has no function quote"),
        (
            "def quote(rows): rows['issues'].at('octo')",
            f"{FAILED} at line 1: TypeError: issues are kept apart at each /{{}}/{{}}: that is 2 values, not 1",
        ),
        (
            "async def quote(rows): rows['orders']",
            f"{FAILED} at line 1: LookupError: there is no resource 'orders': there is notes, issues",
        ),
    ],
)
async def test_an_error_in_it_is_told_and_ends_nothing(
    call: Call, caplog: pytest.LogCaptureFixture, text: str, sentence: str
) -> None:
    with pytest.raises(DomainError) as raised, caplog.at_level(logging.ERROR, "devkit"):
        await call(text)

    assert (raised.value.kind.name, raised.value.message) == ("internal_error", sentence)
    assert "rates.quote" in caplog.text
    assert "devkit/domain" not in caplog.text, "the traceback has the user's lines alone"
    assert (await call("def quote(): return 1")).body == 1


async def test_it_is_read_anew_when_it_or_what_stands_beside_it_changes(call: Call, tmp_path: Path) -> None:
    helper = tmp_path / "prices_of_a_test.py"
    helper.write_text("PRICE = 1")
    text = "import prices_of_a_test\ndef quote(): return prices_of_a_test.PRICE"

    assert (await call(text)).body == 1
    assert (await call(None)).body == 1
    assert (await call(f"{text} + 1")).body == 2
    helper.write_text("PRICE = 5")
    os.utime(helper, ns=(0, 0))
    assert (await call(None)).body == 6


async def test_a_module_keeps_what_it_knows_from_one_call_to_the_next(call: Call) -> None:
    text = "calls = []\ndef quote():\n    calls.append(1)\n    return len(calls)"

    assert [(await call(text)).body, (await call(None)).body] == [1, 2]
