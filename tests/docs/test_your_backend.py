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
from tests.docs.blocks import BLOCKS, ROOT, Block

PAGE = "docs/your-backend.md"
GUIDE = (ROOT / PAGE).read_text(encoding="utf-8")
MINE = [block for block in BLOCKS if block.page == PAGE]
RUN = {block.key for block in MINE}
BESIDE = {
    "terms.txt": "Be kind.",
    "prices.py": "async def quote(call): ...\n",
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
    assert block.language == "yaml"
    for name, text in BESIDE.items():
        (tmp_path / name).write_text(text)
    text = block.text if "contract:" in block.text else f"contract: shop\n{block.text}"
    assert understand(yamlfile.parse(tmp_path / "backend.yaml", text), CONTRACT).warnings == ()


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
