from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from devkit import shipped
from devkit.errors import FileError
from devkit.storage.seeded import EPOCH
from devkit.storage.seedfiles import SeedFiles, load
from devkit.storage.seedmodels import Distance, at

DAY = 86_400_000
USERS = """users:
  - email: test@example.com
    password: TestPass123!
    first_name: Test
  - email: other@example.com
    password: TestPass123!
    first_name: Other
"""
ID = "7f9c24e8-3b12-4fef-91e0-56a2d5a9b1c4"


def write(folder: Path, **files: str) -> Path:
    """A seed folder with users and the given files, by name without `.yaml`."""
    for name, text in {"users": USERS, **files}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def complaint(folder: Path) -> FileError:
    with pytest.raises(FileError) as caught:
        load(folder)
    return caught.value


@pytest.fixture(scope="module")
def ours() -> SeedFiles:
    return load(shipped.folder("seed"))


def test_the_shipped_seed_has_the_five_shared_users(ours):
    users = {user.email: user for user in ours.users.users}
    assert list(users) == [
        "test@example.com",
        "unverified@example.com",
        "admin@example.com",
        "empty@example.com",
        "other@example.com",
    ]
    assert {user.password for user in users.values()} == {"TestPass123!"}
    assert [email for email, user in users.items() if not user.verified] == ["unverified@example.com"]
    assert [email for email, user in users.items() if user.role == "admin"] == ["admin@example.com"]
    assert (users["test@example.com"].first_name, users["test@example.com"].last_name) == ("Test", "User")


def test_the_shipped_seed_has_tasks_in_every_state(ours):
    owner = ours.tasks.owners[0]
    states = {
        (
            task.completed,
            task.priority,
            "none" if task.due_date is None else "past" if at(task.due_date, EPOCH) < EPOCH else "ahead",
            task.description is not None,
        )
        for task in owner.tasks
    }
    assert len(states) == 2 * 3 * 3 * 2
    assert owner.total == 57
    assert max(len(task.title) for task in owner.tasks) == 200
    assert any("🎁" in task.title for task in owner.tasks)
    assert any("\u0600" <= task.title[0] <= "\u06ff" for task in owner.tasks)


def test_every_shipped_thing_has_a_fixed_version_4_id(ours):
    things = [
        *ours.users.users,
        *(task for owner in ours.tasks.owners for task in owner.tasks),
        *ours.api_keys.api_keys,
        *ours.uploads.uploads,
        *ours.conversations.conversations,
        *(message for talk in ours.conversations.conversations for message in talk.messages),
    ]
    assert {thing.id[14] for thing in things} == {"4"}


def test_a_seed_without_anybody_is_told_of(tmp_path):
    (tmp_path / "users.yaml").write_text("users: []\n")
    with pytest.raises(FileError, match="holds nobody"):
        load(tmp_path)


def test_users_alone_are_a_seed(tmp_path):
    files = load(write(tmp_path))
    assert len(files.users.users) == 2
    assert files.tasks.owners == files.models.models == files.uploads.uploads == []
    assert files.flags.flags == {}


def test_a_folder_without_users_says_which_file_is_missing(tmp_path):
    error = complaint(tmp_path)
    assert error.path == tmp_path / "users.yaml"
    assert "is missing" in error.problem


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    assert "cannot be read" in complaint(tmp_path / "nowhere").problem


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-20T10:00:00.000Z", EPOCH),
        ("2026-01-20T12:00:00+02:00", EPOCH),
        ("-3d", Distance(-3 * DAY)),
        ("+2w", Distance(14 * DAY)),
        ("-1d4h30m", Distance(-DAY - 4 * 3_600_000 - 30 * 60_000)),
        ("'-1d 4h'", Distance(-DAY - 4 * 3_600_000)),
    ],
)
def test_moments_are_iso_8601_or_distances_from_the_epoch(tmp_path, written, moment):
    text = f"owners: [{{email: test@example.com, tasks: [{{title: A, due_date: {written}}}]}}]"
    assert load(write(tmp_path, tasks=text)).tasks.owners[0].tasks[0].due_date == moment


TASK = "owners:\n  - email: test@example.com\n    tasks:\n      - title: A\n"
UPLOAD = "uploads:\n  - owner: test@example.com\n    content_type: text/plain\n    file: "
TALK = "conversations:\n  - owner: test@example.com\n    title: A\n"
KEY = "api_keys:\n  - owner: test@example.com\n    name: A\n    key: dk_test_0123456789\n"
USER = "    password: TestPass123!\n    first_name: A\n"

FAULTS = {
    "an unknown key": ("users", USERS + "    rolle: admin\n", 8, "unknown key 'rolle'. Did you mean 'role'?"),
    "a missing key": ("users", "users:\n  - email: a@example.com\n    first_name: A\n", 2, "'password' is missing"),
    "a short password": ("users", "users:\n  - {email: a@b.io, password: short, first_name: A}\n", 2, "at least 8"),
    "no email": ("users", f"users:\n  - email: nonsense\n{USER}", 2, "must be a valid email address"),
    "an unknown role": ("users", USERS + "    role: king\n", 8, "'user' or 'admin'"),
    "a text for a switch": ("users", USERS + "    verified: no\n", 8, "no is a text in YAML"),
    "two equal emails": ("users", f"{USERS}  - email: TEST@Example.com\n{USER}", 8, "a second time"),
    "two equal ids": (
        "users",
        f"users:\n  - id: {ID}\n    email: a@example.com\n{USER}  - id: {ID.upper()}\n    email: b@example.com\n{USER}",
        6,
        "a second time",
    ),
    "an id that is no UUID": ("users", USERS + "    id: 17\n", 8, "write '17'"),
    "an id of nonsense": ("users", USERS + "    id: seventeen\n", 8, "UUID"),
    "a NUL in a name": ("users", USERS + '    last_name: "a\\0b"\n', 8, "NUL"),
    "a list at the top": ("users", "- a\n", 1, "must be a mapping"),
    "a broken file": ("users", "users: a: b", 1, "mapping values"),
    "a task of nobody's": ("tasks", TASK.replace("test@", "tset@"), 2, "no user 'tset@example.com'. Did you mean"),
    "two lists of one owner": ("tasks", f"{TASK}  - email: Test@example.com\n", 5, "a second time"),
    "fewer in all than written": ("tasks", TASK + "    total: 0\n", 5, "total is 0, but 1 tasks"),
    "too many in all": ("tasks", TASK + "    total: 1000000\n", 5, "less than or equal to 10000"),
    "a title of 201": ("tasks", TASK + f"      - title: {'x' * 201}\n", 5, "at most 200"),
    "an empty title": ("tasks", TASK + "      - title: '  '\n", 5, "at least 1"),
    "a description of 1001": ("tasks", TASK + f"        description: {'x' * 1001}\n", 5, "at most 1000"),
    "a title that is a number": ("tasks", TASK + "      - title: 12\n", 5, "write '12'"),
    "a time without offset": ("tasks", TASK + "        due_date: 2026-01-20T10:00:00\n", 5, "such as -3d"),
    "a time that is a number": ("tasks", TASK + "        due_date: 5\n", 5, "such as -3d"),
    "a change before the making": ("tasks", TASK + "        updated_at: -9d\n", 5, "lies before created_at"),
    "two models of one id": ("models", "models:\n" + 2 * "  - {id: a, name: A, size: 1}\n", 3, "a second time"),
    "a negative size": ("models", "models:\n  - {id: a, name: A, size: -1}\n", 2, "greater than or equal to 0"),
    "an unknown status": ("models", "models:\n  - {id: a, name: A, size: 1, status: gone}\n", 2, "'stopped'"),
    "a flag that JSON has not": ("flags", "flags:\n  rate: .nan\n", 2, "no NaN"),
    "a key of nobody's": ("api_keys", KEY.replace("test@", "nobody@"), 2, "no user"),
    "a key too short": ("api_keys", KEY.replace("dk_test_0123456789", "dk"), 4, "pattern"),
    "two equal keys": ("api_keys", KEY + KEY.partition("\n")[2], 7, "a second time"),
    "an upload of nobody's": ("uploads", UPLOAD.replace("test@", "nobody@") + "a.txt", 2, "no user"),
    "no such file": ("uploads", UPLOAD + "files/none.txt", 4, "there is no file 'files/none.txt'"),
    "a file outside": ("uploads", UPLOAD + "../secret.txt", 4, "outside the seed folder"),
    "an absolute path": ("uploads", UPLOAD + "/etc/hostname", 4, "outside the seed folder"),
    "a folder for a file": ("uploads", UPLOAD + ".", 4, "there is no file"),
    "a file name with a folder": ("uploads", UPLOAD + "a.txt\n    filename: a/b\n", 5, "plain file name"),
    "a conversation of nobody's": ("conversations", TALK.replace("test@", "nobody@"), 2, "no user"),
    "a message before the beginning": (
        "conversations",
        TALK + "    messages:\n      - {role: user, content: Hi, created_at: -5d}\n",
        5,
        "lies before",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_file_and_line(tmp_path, fault):
    name, text, line, sentence = FAULTS[fault]
    folder = tmp_path / "seed"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("not yours")
    (folder / "a.txt").write_text("mine")
    error = complaint(write(folder, **{name: text}))
    assert (error.path, error.line) == (folder / f"{name}.yaml", line)
    assert sentence in error.problem


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path):
    folder = tmp_path / "seed"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("not yours")
    (folder / "a.txt").symlink_to(tmp_path / "secret.txt")
    assert "outside" in complaint(write(folder, uploads=UPLOAD + "a.txt")).problem


@pytest.mark.parametrize(("name", "guess"), [("user.yaml", "users.yaml"), ("tasks.yml", "tasks.yaml")])
def test_an_unknown_file_is_named_and_the_known_ones_too(tmp_path, name, guess):
    write(tmp_path)
    (tmp_path / name).write_text("users: []")
    error = complaint(tmp_path)
    assert error.path == tmp_path / name
    assert f"Did you mean '{guess}'?" in error.problem
    assert "conversations.yaml" in str(error.remedy)


def test_files_that_are_no_yaml_are_left_alone(tmp_path):
    write(tmp_path)
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / ".draft.yaml").write_text("mine")
    load(tmp_path)


def test_the_fingerprint_follows_the_files_and_nothing_else(tmp_path):
    original = shipped.folder("seed")
    copy = Path(shutil.copytree(original, tmp_path / "seed"))
    first = load(original).fingerprint
    assert load(copy).fingerprint == first
    (copy / "README.md").write_text("says nothing about the data")
    assert load(copy).fingerprint == first
    with (copy / "files" / "expenses.csv").open("a") as file:
        file.write("2026-01-01,Food,Cake,4.00,EUR\n")
    second = load(copy).fingerprint
    assert second != first
    (copy / "flags.yaml").unlink()
    assert load(copy).fingerprint not in {first, second}


def test_the_mistakes_of_all_files_are_told_at_once(tmp_path):
    write(
        tmp_path,
        users=USERS + "    verified: no\n    emial: x\n",
        tasks=TASK + "      - title: 12\n",
        flags="a: [\n",
        uploads=UPLOAD + "nowhere.txt\n",
    )
    (tmp_path / "task.yaml").write_text("")
    found = [(mistake.path.name, mistake.line) for mistake in complaint(tmp_path).mistakes]
    assert found == [
        ("task.yaml", None),
        ("users.yaml", 8),
        ("users.yaml", 9),
        ("tasks.yaml", 5),
        ("flags.yaml", 2),
        ("uploads.yaml", 4),
    ]
