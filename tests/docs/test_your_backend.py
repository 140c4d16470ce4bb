"""Every block of the guide to one's own backend is loaded, and what the guide says of the words is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from devkit import yamlfile
from devkit.blueprint.file import notation
from devkit.blueprint.file.loading import understand
from devkit.blueprint.file.model import BackendFile, OperationWords, ResourceWords
from devkit.contract.shipped import CONTRACT
from devkit.sandbox import Template
from tests.blueprint.serving import served
from tests.docs.blocks import BLOCKS, ROOT, Block

PAGE = "docs/your-backend.md"
GUIDE = (ROOT / PAGE).read_text(encoding="utf-8")
ALL = [block for block in BLOCKS if block.page == PAGE]
MINE = [block for block in ALL if block.language == "yaml"]
[FUNCTION] = [block for block in ALL if block.language == "python"]
RUN = {block.key for block in (*MINE, FUNCTION)}
BESIDE = {
    "terms.txt": "Be kind.",
    FUNCTION.title: FUNCTION.text,
    "openapi.yaml": """\
        openapi: 3.1.0
        info: {title: A shop}
        paths:
          /sign-in: {post: {operationId: loginUser, responses: {}}}
          /rates: {get: {operationId: getRates, responses: {}}}
        """,
}
"""Files that blocks name."""


@pytest.mark.parametrize("block", MINE, ids=lambda block: block.id)
def test_a_block_is_loaded_without_a_warning(tmp_path: Path, block: Block) -> None:
    for name, text in BESIDE.items():
        (tmp_path / name).write_text(text)
    text = block.text if "contract:" in block.text else f"contract: shop\n{block.text}"
    assert understand(yamlfile.parse(tmp_path / "backend.yaml", text), CONTRACT).warnings == ()


def test_there_is_no_block_that_nobody_looks_at() -> None:
    assert {*ALL} == {*MINE, FUNCTION}


async def test_the_operations_of_the_guide_answer_as_it_says(tmp_path: Path, template: Template) -> None:
    [block] = [one for one in MINE if "prices.py" in one.text]
    for name, text in BESIDE.items():
        (tmp_path / name).write_text(text)
    async with served(tmp_path / "backend.yaml", f"contract: shop\n{block.text}", template) as shop:
        _, order = await shop.call("POST", "/orders", {"total": 3})
        assert (await shop.call("POST", f"/orders/{order['id']}/ship"))[0] == 409
        await shop.call("PATCH", f"/orders/{order['id']}", {"status": "paid"})
        status, quoted = await shop.call("POST", "/quotes", {"item": "a", "amount": 2})
        assert (status, quoted["price"], quoted["waiting"]) == (200, 6, 1)
        assert (await shop.call("POST", f"/orders/{order['id']}/ship"))[1]["status"] == "shipped"
        assert await shop.call("GET", "/rates") == (200, {"EUR": 1, "USD": 1.08})
        assert await shop.call("GET", "/forecast") == (200, {"sky": "blue"})
        assert await shop.call("GET", "/forecast", headers={"Prefer": "example=rainy"}) == (200, {"sky": "grey"})
        assert isinstance((await shop.call("GET", "/tip"))[1]["text"], str)
        async with shop.http.get("/terms") as terms:
            assert (terms.content_type, await terms.text()) == ("text/plain", "Be kind.")


def test_the_first_block_is_what_the_guide_says_of_it() -> None:
    shop = understand(yamlfile.parse(Path("backend.yaml"), MINE[0].text), CONTRACT)
    assert len(shop.operations) == 15
    assert "fifteen operations" in GUIDE
    assert len([line for line in MINE[0].text.splitlines() if line.strip()]) <= 20


def words_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("## The file", {*BackendFile.model_fields}),
        ("## Resources", words_of(ResourceWords) - {"summary"}),
        ("## Operations", words_of(OperationWords)),
    ],
)  # fmt: skip
def test_every_word_is_in_the_table_of_its_section(title: str, words: set[str]) -> None:
    section = GUIDE.partition(f"{title}\n")[2].partition("\n## ")[0]
    table = "\n".join(line for line in section.splitlines() if line.startswith("| `"))
    assert sorted(words - {*re.findall(r"`(\w+)`", table)}) == []


def test_every_type_is_named() -> None:
    section = GUIDE.partition("## Fields\n")[2].partition("\n## ")[0]
    assert [name for name in notation.TYPES if f"`{name}`" not in section] == []
