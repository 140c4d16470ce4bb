from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from devkit.config import SETTINGS, Settings, load, setting
from devkit.errors import FileError, SettingError


def write(directory: Path, text: str) -> None:
    (directory / "devkit.yaml").write_text(text, encoding="utf-8")


def test_the_table_names_every_field_of_settings_once() -> None:
    assert sorted(row.attribute for row in SETTINGS) == sorted(entry.name for entry in dataclasses.fields(Settings))


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    loaded = load({}, {}, tmp_path)
    assert loaded.settings.port == 8000
    assert loaded.settings.state_dir == tmp_path / ".devkit"
    assert set(loaded.origins.values()) == {"default"}
    assert loaded.warnings == []


def test_a_flag_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, "host: 0.0.0.0\nport: 1\nseed: 3\n")
    loaded = load({"port": "3", "db": None, "origins": []}, {"DEVKIT_PORT": "2", "DEVKIT_SEED": "4"}, tmp_path)
    assert (loaded.settings.host, loaded.settings.port, loaded.settings.seed) == ("0.0.0.0", 3, 4)
    assert loaded.origins["port"] == "flag --port"
    assert loaded.origins["seed"] == "environment DEVKIT_SEED"
    assert loaded.origins["host"] == "devkit.yaml:1"


def test_groups_are_nested_in_the_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        "auth: {transport: both}\nlimits:\n  upload: 1 GiB\ncookies: {secure: false}\nws: {heartbeat: 1m30s}\n",
    )
    loaded = load({}, {}, tmp_path)
    settings = loaded.settings
    assert (settings.auth_transport, settings.cookies_secure) == ("both", False)
    assert (settings.limits_upload, settings.ws_heartbeat) == (1024**3, 90_000)
    assert loaded.origins["limits.upload"] == "devkit.yaml:3"


@pytest.mark.parametrize(
    "text", ["seed: 4\nseed.dates: relative\n", "seed.dates: relative\n", "seed: {dates: relative}\n"]
)
def test_a_setting_whose_group_is_a_setting_too_is_written_with_its_dot_or_without_the_other(
    tmp_path: Path, text: str
) -> None:
    write(tmp_path, text)
    settings = load({}, {}, tmp_path).settings
    assert (settings.seed, settings.seed_dates) == (4 if "4" in text else 1, "relative")


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("off", (("*", "off"),), "off"),
        ("{promptcraft: on, webplus: off}", (("promptcraft", "on"), ("webplus", "off")), "promptcraft=on, webplus=off"),
        ("promptcraft=on", (("promptcraft", "on"),), "promptcraft=on"),
        ("'promptcraft=yes, webplus=0'", (("promptcraft", "on"), ("webplus", "off")), "promptcraft=on, webplus=off"),
    ],
)
def test_a_switch_is_for_all_dialects_or_for_those_named(
    tmp_path: Path, text: str, value: tuple[tuple[str, str], ...], shown: str
) -> None:
    write(tmp_path, f"auth: {{refresh_rotation: {text}}}\n")
    found = load({}, {}, tmp_path).settings
    assert found.auth_refresh_rotation == value
    assert setting("auth.refresh_rotation").show(found) == shown
    # What is shown is taken again.
    assert load({}, {"DEVKIT_AUTH_REFRESH_ROTATION": shown}, tmp_path).settings == found


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_a_file_without_settings_is_fine(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert load({}, {}, tmp_path).settings.port == 8000


@pytest.mark.parametrize(
    ("word", "value"), [("true", True), ("FALSE", False), ("1", True), ("0", False), ("off", False)]
)
def test_booleans_in_the_environment_mean_what_they_say(tmp_path: Path, word: str, value: bool) -> None:
    assert load({}, {"DEVKIT_MEMORY": word}, tmp_path).settings.memory is value


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("DEVKIT_MEMORY", "maybe", "memory .environment DEVKIT_MEMORY. cannot be 'maybe'"),
        ("DEVKIT_MEMORY", "", "neither yes nor no"),
        ("DEVKIT_PORT", "65536", "end at 65535"),
        ("DEVKIT_PORT", "-1", "no whole number"),
        ("DEVKIT_SEED", "1.5", "no whole number"),
        ("DEVKIT_AUTH_TRANSPORT", "cokie", "'cookie' was meant"),
        ("DEVKIT_WS_HEARTBEAT", "30", "not a duration"),
        ("DEVKIT_ORIGINS", "http://a.test/", "slash"),
        ("DEVKIT_ORIGINS", "http://a.test/x", "path"),
        ("DEVKIT_ORIGINS", "*", "name each origin"),
        ("DEVKIT_ORIGINS", "a.test:3000", "no scheme"),
        ("DEVKIT_ORIGINS", "http://u:p@a.test", "no origin"),
        ("DEVKIT_ORIGINS", "http://a.test:99999", "above 65535"),
        ("DEVKIT_HOST", "http://localhost", "has a scheme"),
        ("DEVKIT_HOST", "localhost:8000", "has a port"),
        ("DEVKIT_FRONTEND_URL", "localhost:3000", "http"),
        ("DEVKIT_DB", "", "empty"),
    ],
)
def test_a_bad_variable_is_named_with_what_is_wrong(tmp_path: Path, variable: str, value: str, told: str) -> None:
    with pytest.raises(SettingError, match=told) as caught:
        load({}, {variable: value}, tmp_path)
    assert variable in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("prot: 1\n", 1, "Did you mean 'port'"),
        ("host: localhost\nauth: {transprt: both}\n", 2, "Did you mean 'transport'"),
        ("transport: both\n", 1, "Did you mean 'auth.transport'"),
        ("auth: both\n", 1, "group of settings"),
        ("port: true\n", 1, "port cannot be true"),
        ("\nport:\n", 2, "port cannot be None"),
        ("ws:\n  heartbeat: 30\n", 2, "not a duration"),
        ("- port\n", 1, "name: value"),
        ("origins: {a: b}\n", 1, "no list"),
        ("auth: {refresh_rotation: {promptcraft: sometimes}}\n", 1, "'sometimes' is neither on nor off"),
        ("port: 1\nport: 2\n", 2, "twice"),
    ],
)
def test_a_bad_file_is_told_with_line_and_reason(tmp_path: Path, text: str, line: int, told: str) -> None:
    write(tmp_path, text)
    with pytest.raises(FileError, match=told) as caught:
        load({}, {}, tmp_path)
    assert caught.value.line == line
    assert caught.value.path == tmp_path / "devkit.yaml"


def test_unknown_variables_are_warned_about_with_the_nearest_name(tmp_path: Path) -> None:
    environ = {"DEVKIT_PROT": "1", "DEVKIT_TEST_BROWSER": "require", "DEVKIT_URL": "http://x", "HOME": "/"}
    assert load({}, environ, tmp_path).warnings == [
        "The environment variable DEVKIT_PROT is unknown and has no effect. Did you mean 'DEVKIT_PORT'?"
    ]


def test_origins_are_written_as_browsers_send_them(tmp_path: Path) -> None:
    environ = {"DEVKIT_ORIGINS": "HTTP://A.Test:80, https://b.test:8443,http://[::1]:3000,tauri://localhost"}
    assert load({}, environ, tmp_path).settings.origins == (
        "http://a.test",
        "https://b.test:8443",
        "http://[::1]:3000",
        "tauri://localhost",
    )


@pytest.mark.parametrize(
    "origin",
    ["null", "app://.", "file://", "capacitor://localhost", "safari-web-extension://0F5C1A2B", "app://Bundle-Id"],
)
def test_an_origin_of_an_app_or_an_extension_stays_as_it_is_written(tmp_path: Path, origin: str) -> None:
    """RFC 6454, section 4: only http's and https's hosts are known to be names, which have no case."""
    assert load({"origins": [origin]}, {}, tmp_path).settings.origins == (origin,)


@pytest.mark.parametrize("origin", ["app://a b", "x://$(id)", "app://a/path", "http://", "https://a@b.test", "nul"])
def test_what_is_no_origin_is_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(SettingError):
        load({"origins": [origin]}, {}, tmp_path)


@pytest.mark.parametrize(("text", "value"), [("auto", "auto"), ("Auto", "auto"), ("true", True), ("off", False)])
def test_secure_cookies_are_automatic_or_as_somebody_says(tmp_path: Path, text: str, value: object) -> None:
    (tmp_path / "devkit.yaml").write_text(f"cookies: {{secure: {text}}}\n")
    loaded = load({}, {}, tmp_path)
    assert loaded.settings.cookies_secure == value
    (row,) = [row for row in SETTINGS if row.name == "cookies.secure"]
    assert row.show(loaded.settings) == str(value).lower()


def test_a_windows_path_is_taken_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, "db: C:\\data\\new.db\n")
    assert str(load({}, {}, tmp_path).settings.db).endswith("C:\\data\\new.db")


def test_an_address_of_version_six_is_a_host(tmp_path: Path) -> None:
    assert load({"host": "[::1]"}, {}, tmp_path).settings.host == "::1"


def test_all_mistakes_of_the_file_are_told_at_once(tmp_path: Path) -> None:
    text = "prot: 8001\nport: 0x1F91F\nauth:\n  transport: cokie\ncookies: yes\nws:\n  heartbeat: 1e3\n"
    (tmp_path / "devkit.yaml").write_text(text)
    with pytest.raises(FileError) as caught:
        load({}, {}, tmp_path)
    told = [(mistake.line, mistake.problem) for mistake in caught.value.mistakes]
    assert [line for line, _ in told] == [1, 2, 4, 5, 7]
    assert told[1][1].startswith("port cannot be 0x1F91F")
    assert told[4][1].startswith("ws.heartbeat cannot be 1e3")


def test_a_file_of_the_other_suffix_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "devkit.yml").write_text("port: 8001\n")
    with pytest.raises(FileError, match=r"devkit\.yml: is not read") as caught:
        load({}, {}, tmp_path)
    assert caught.value.remedy == "Rename it to devkit.yaml."
