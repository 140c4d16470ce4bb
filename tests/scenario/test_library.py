"""The scenarios there are: shipped and own ones, what extends what, and files that change."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devkit import shipped
from devkit.dialects.backend import Backend
from devkit.dialects.shipped import BACKEND
from devkit.errors import FileError, UsageError
from devkit.scenario import loading
from devkit.scenario.library import Library
from tests.conftest import StartServer


def write(folder: Path, name: str, *, status: int = 503, more: str = "", rule: str = "first") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(
        f"name: {name}\ntitle: A title\n{more}"
        f"rules:\n  - {{id: {rule}, fault: {{type: http.abort, status: {status}}}}}\n"
    )
    return path


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    write(shipped, "one", status=500)
    write(shipped, "two")
    return shipped, own


def status_of(library: Library, name: str) -> int:
    fault = library.get(name).rules[-1].fault
    return fault.status  # type: ignore[attr-defined, no-any-return]


def test_a_users_own_scenario_hides_the_shipped_one(folders: tuple[Path, Path]) -> None:
    write(folders[1], "one", status=418)
    library = Library(*folders, BACKEND)
    assert library.names() == ["one", "two"]
    assert (status_of(library, "one"), status_of(library, "two")) == (418, 503)


def test_an_unknown_name_suggests_the_nearest(folders: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="Did you mean 'two'"):
        Library(*folders, BACKEND).get("tow")


def test_a_broken_file_leaves_the_last_good_version(folders: tuple[Path, Path]) -> None:
    library = Library(*folders, BACKEND)
    assert status_of(library, "one") == 500
    path = folders[0] / "one.yaml"
    path.write_text("name: one\ntitle: [\n")
    assert library.refresh() == []
    assert status_of(library, "one") == 500
    assert "one.yaml:" in library.errors()[0].message
    write(folders[0], "one", status=502)
    assert library.refresh() == ["one"]
    assert (status_of(library, "one"), library.errors()) == (502, [])


def test_a_file_that_never_was_valid_says_why(folders: tuple[Path, Path]) -> None:
    write(folders[1], "mine", status=5)
    with pytest.raises(FileError, match=r"mine\.yaml:4:"):
        Library(*folders, BACKEND).get("mine")


def test_a_file_that_is_removed_is_no_longer_offered(folders: tuple[Path, Path]) -> None:
    library = Library(*folders, BACKEND)
    library.refresh()
    (folders[0] / "two.yaml").unlink()
    library.refresh()
    assert (library.names(), library.find("two")) == (["one"], None)


def test_two_files_of_one_name_are_an_error(folders: tuple[Path, Path]) -> None:
    write(folders[0], "one").rename(folders[0] / "one.yml")
    write(folders[0], "one")
    assert "has the same name" in Library(*folders, BACKEND).errors()[0].message


def test_rules_of_what_is_extended_come_first(folders: tuple[Path, Path]) -> None:
    write(folders[1], "three", more="extends: [one, two]\n", rule="third")
    write(folders[0], "two", rule="second")
    rules = Library(*folders, BACKEND).get("three").rules
    assert [rule.id for rule in rules] == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("extends", "hint"),
    [("[tow]", "Did you mean 'two'"), ("[four]", "a circle: three → four → three"), ("[two]", "id 'first' too")],
)
def test_what_cannot_be_extended_is_said(folders: tuple[Path, Path], extends: str, hint: str) -> None:
    write(folders[1], "three", more=f"extends: {extends}\n")
    write(folders[1], "four", more="extends: [three]\n", rule="fourth")
    library = Library(*folders, BACKEND)
    entry = next(entry for entry in library.entries() if entry.name == "three")
    assert entry.error is not None
    assert hint in entry.error.message


def test_what_is_extended_may_vanish_and_come_back(folders: tuple[Path, Path]) -> None:
    write(folders[1], "three", more="extends: [two]\n", rule="third")
    library = Library(*folders, BACKEND)
    whole = library.get("three")
    (folders[0] / "two.yaml").unlink()
    assert library.refresh() == []
    assert library.get("three") is whole
    assert "there is no scenario 'two'" in library.errors()[0].message
    write(folders[0], "two", status=504)
    library.refresh()
    assert [rule.fault.status for rule in library.get("three").rules] == [504, 503]  # type: ignore[attr-defined]
    assert library.errors() == []


def test_while_files_are_read_the_last_good_versions_are_there(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(*folders, BACKEND)
    library.refresh()
    seen, really = [], loading.load

    def load(path: Path, backend: Backend, *, shipped: bool) -> loading.LoadedScenario:
        seen.append((path.stem, library.names(), status_of(library, path.stem)))
        return really(path, backend, shipped=shipped)

    monkeypatch.setattr(loading, "load", load)
    write(folders[0], "one", status=504, more="tags: [edited]\n")
    assert library.refresh() == ["one"]
    assert seen == [("one", ["one", "two"], 500)]
    assert status_of(library, "one") == 504


def test_threads_that_ask_at_once_all_get_an_answer(folders: tuple[Path, Path]) -> None:
    library = Library(*folders, BACKEND)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: status_of(library, "two"), range(16))) == {503}


async def watching(library: Library, told: asyncio.Queue[list[str]]) -> asyncio.Task[None]:
    """A task that watches the library's folders, of which everything was read before."""
    assert await asyncio.to_thread(library.refresh) == ["one", "two"]
    library.listen(told.put)
    watcher = asyncio.create_task(library.watch())
    await asyncio.sleep(1)
    return watcher


async def test_an_edited_file_is_felt_in_well_under_a_second(folders: tuple[Path, Path]) -> None:
    library = Library(*folders, BACKEND)
    told: asyncio.Queue[list[str]] = asyncio.Queue()
    watcher = await watching(library, told)
    try:
        write(folders[0], "two", status=504)
        assert await asyncio.wait_for(told.get(), 3) == ["two"]
        assert status_of(library, "two") == 504
    finally:
        watcher.cancel()
        await asyncio.wait({watcher})


async def test_a_folder_that_is_made_later_is_watched_too(folders: tuple[Path, Path]) -> None:
    library = Library(*folders, BACKEND)
    told: asyncio.Queue[list[str]] = asyncio.Queue()
    watcher = await watching(library, told)
    try:
        write(folders[1], "mine", status=500)
        assert await asyncio.wait_for(told.get(), 3) == ["mine"]
        await asyncio.sleep(0.3)
        write(folders[1], "mine", status=504)
        assert await asyncio.wait_for(told.get(), 3) == ["mine"]
        assert status_of(library, "mine") == 504
    finally:
        watcher.cancel()
        await asyncio.wait({watcher})


async def test_a_broken_file_is_complained_of_once(
    folders: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    library = Library(*folders, BACKEND)
    told: asyncio.Queue[list[str]] = asyncio.Queue()
    watcher = await watching(library, told)
    try:
        (folders[0] / "one.yaml").write_text("name: one\ntitle: [\n")
        await asyncio.sleep(0.5)
        write(folders[0], "two", status=504)
        assert await asyncio.wait_for(told.get(), 3) == ["two"]
    finally:
        watcher.cancel()
        await asyncio.wait({watcher})
    (complaint,) = [record.getMessage() for record in caplog.records if "one.yaml" in record.getMessage()]
    assert "the last good version stays on" in complaint


async def test_a_scenario_whose_file_is_removed_stays_on_until_it_is_switched_off(
    start: StartServer, tmp_path: Path
) -> None:
    path = write(tmp_path / "own", "mine")
    async with start(scenario_dir=tmp_path / "own", scenarios=("mine",)) as client:
        assert (await client.send("GET", "/api/config")).status == 503
        path.unlink()
        async with asyncio.timeout(5):
            while "mine" in client.app.library.names():
                await asyncio.sleep(0.05)
        assert (await client.send("GET", "/api/config")).status == 503
        assert (await client.send("GET", "/health", headers={"X-Devkit-Scenario": "mine"})).status == 400
        await client.sandbox.engine.off("mine")
        assert (await client.send("GET", "/api/config")).status == 200


async def watched(library: Library, told: asyncio.Queue[list[str]], change: Callable[[], object]) -> list[str]:
    """The names that are others after the change, as far as the watcher tells of them."""
    watcher = await watching(library, told)
    try:
        change()
        return await asyncio.wait_for(told.get(), 10)
    finally:
        watcher.cancel()
        await asyncio.wait({watcher})


async def test_a_folder_that_was_swapped_for_another_is_read_and_watched(folders: tuple[Path, Path]) -> None:
    library, told = Library(*folders, BACKEND), asyncio.Queue[list[str]]()
    other = folders[0].with_name("other")
    write(other, "one", status=501)
    write(other, "two", status=504)
    watcher = await watching(library, told)
    try:
        folders[0].rename(folders[0].with_name("old"))
        other.rename(folders[0])
        assert await asyncio.wait_for(told.get(), 10) == ["one", "two"]
        write(folders[0], "two", status=505)
        assert await asyncio.wait_for(told.get(), 10) == ["two"]
        assert (status_of(library, "one"), status_of(library, "two")) == (501, 505)
    finally:
        watcher.cancel()
        await asyncio.wait({watcher})


async def test_a_link_that_leads_to_another_folder_is_noticed(folders: tuple[Path, Path]) -> None:
    branches = [folders[0].with_name(name) for name in ("main", "topic")]
    for status, branch in enumerate(branches, 501):
        write(branch, "one")
        write(branch, "two", status=status)
    link = folders[0].with_name("link")
    link.symlink_to(branches[0])

    def switch() -> None:
        link.unlink()
        link.symlink_to(branches[1])

    library = Library(link, folders[1], BACKEND)
    assert await watched(library, asyncio.Queue(), switch) == ["two"]
    assert status_of(library, "two") == 502


async def test_a_file_behind_a_link_is_followed(folders: tuple[Path, Path]) -> None:
    real = write(folders[0].with_name("elsewhere"), "two")
    (folders[0] / "two.yaml").unlink()
    (folders[0] / "two.yaml").symlink_to(real)
    library = Library(*folders, BACKEND)
    assert await watched(library, asyncio.Queue(), lambda: write(real.parent, "two", status=504)) == ["two"]


async def test_a_folder_that_is_removed_and_made_again_is_watched(folders: tuple[Path, Path]) -> None:
    def again() -> None:
        shutil.rmtree(folders[0])
        write(folders[0], "one", status=500)
        write(folders[0], "two", status=504)

    library = Library(*folders, BACKEND)
    assert await watched(library, asyncio.Queue(), again) == ["two"]


async def test_a_file_written_before_the_watch_stands_is_read(folders: tuple[Path, Path]) -> None:
    library, told = Library(*folders, BACKEND), asyncio.Queue[list[str]]()
    assert await asyncio.to_thread(library.refresh) == ["one", "two"]
    write(folders[0], "two", status=504)
    library.listen(told.put)
    watcher = asyncio.create_task(library.watch())
    try:
        assert await asyncio.wait_for(told.get(), 10) == ["two"]
    finally:
        watcher.cancel()
        await asyncio.wait({watcher})


async def test_what_is_switched_on_is_the_file_as_it_is_now(start: StartServer, tmp_path: Path) -> None:
    """No matter whether the watcher has seen the change: by name, by a request's own header, and what is on already."""
    async with start(scenario_dir=tmp_path / "own") as client:
        await client.app.library.ready()
        write(tmp_path / "own", "mine", status=501)
        answer = await client.send("GET", "/api/config", headers={"X-Devkit-Scenario": "mine"})
        assert answer.status == 501
        write(tmp_path / "own", "mine", status=504)
        assert (await client.send("POST", "/_devkit/api/scenarios/mine/use")).status == 200
        assert (await client.send("GET", "/api/config")).status == 504
        write(tmp_path / "own", "mine", status=505)
        shown = (await client.send("GET", "/_devkit/api/scenarios/mine")).json
        assert shown["rules"][0]["fault"]["status"] == 505
        assert (await client.send("GET", "/api/config")).status == 505


def test_in_a_checkout_what_comes_along_is_nobodys_own(folders: tuple[Path, Path]) -> None:
    """`scenarios/` is the shipped folder there, and the user's by default."""
    library = Library(folders[0], folders[0].parent / "own" / ".." / folders[0].name, BACKEND)
    assert [(entry.name, entry.shipped) for entry in library.entries()] == [("one", True), ("two", True)]


async def test_what_comes_along_is_not_written_over(start: StartServer) -> None:
    async with start(scenario_dir=shipped.folder("scenarios")) as client:
        before = (shipped.folder("scenarios") / "flaky.yaml").read_bytes()
        scenario = {"name": "flaky", "title": "Mine"}
        body = {"scenario": scenario, "replace": True}
        answer = await client.send("PUT", "/_devkit/api/scenarios/flaky", json=body)
        assert (answer.status, answer.json["error"]) == (409, "conflict")
        assert (shipped.folder("scenarios") / "flaky.yaml").read_bytes() == before
