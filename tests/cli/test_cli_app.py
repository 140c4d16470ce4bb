from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import devkit as package
from devkit import cli
from devkit.cli import app
from devkit.cli.app import COMMANDS
from devkit.errors import OperatorError

Devkit = Callable[..., "subprocess.CompletedProcess[str]"]


def run_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    def fail() -> None:
        raise error

    monkeypatch.setattr(app, "main", fail)
    with pytest.raises(SystemExit) as exit_:
        cli.run()
    return int(str(exit_.value.code))


def test_help_lists_every_command(devkit: Devkit) -> None:
    result = devkit("--help")
    assert result.returncode == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in result.stdout] == []


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(devkit: Devkit, command: str) -> None:
    result = devkit(command, "--help")
    assert result.returncode == 0
    assert f"Usage: devkit {command}" in result.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom devkit.cli.app import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'aiohttp', 'pydantic', 'rich', 'faker', 'yaml', 'asyncio'} & set(sys.modules)), file=sys.stderr)"
    )
    root = Path(package.__file__).parents[1]
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"


def test_no_summary_of_a_command_is_cut_off(devkit: Devkit) -> None:
    assert "..." not in devkit("--help").stdout.replace("COMMAND [ARGS]...", "")


def test_the_version_is_the_packages(devkit: Devkit) -> None:
    assert devkit("--version").stdout == f"devkit {package.__version__}\n"


def test_an_unknown_command_names_the_nearest(devkit: Devkit) -> None:
    result = devkit("serv")
    assert result.returncode == 2
    assert "Did you mean 'serve'?" in result.stderr


def test_completion_scripts_are_there(devkit: Devkit) -> None:
    result = devkit("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_DEVKIT_COMPLETE" in result.stdout


def test_a_bad_setting_is_an_error_with_a_remedy_and_no_colour_in_a_pipe(devkit: Devkit) -> None:
    result = devkit("serve", "--port", "70000")
    assert result.returncode == 2
    assert result.stderr.startswith("error: The setting port (flag --port) cannot be '70000'")
    assert "\n  Give it" in result.stderr
    assert "\x1b" not in result.stderr


def test_a_broken_devkit_yaml_is_told_with_its_line(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "devkit.yaml").write_text("host: localhost\nprot: 1\n", encoding="utf-8")
    result = devkit("serve")
    assert result.returncode == 2
    assert "devkit.yaml:2:1: unknown setting 'prot'. Did you mean 'port'?" in result.stderr


def test_two_contradicting_flags_are_refused(devkit: Devkit) -> None:
    assert devkit("serve", "--memory", "--db", "x.db").returncode == 2


def test_an_operator_error_ends_with_its_own_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_with(monkeypatch, OperatorError("It broke.", remedy="Mend it.")) == 1
    assert capsys.readouterr().err == "error: It broke.\n  Mend it.\n"


def test_a_bug_is_one_sentence_unless_debugging(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["devkit", "routes"])
    monkeypatch.delenv("DEVKIT_LOG_LEVEL", raising=False)
    assert run_with(monkeypatch, RuntimeError("boom")) == 70
    told = capsys.readouterr().err
    assert "RuntimeError: boom" in told
    assert "DEVKIT_LOG_LEVEL=debug" in told
    assert "Traceback" not in told
    monkeypatch.setenv("DEVKIT_LOG_LEVEL", "debug")
    assert run_with(monkeypatch, RuntimeError("boom")) == 70
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_with(monkeypatch, KeyboardInterrupt()) == 130


def test_a_reader_that_goes_leaves_no_stack_trace(tmp_path: Path) -> None:
    root = Path(package.__file__).parents[1]
    command = f'"{sys.executable}" -m devkit contract list --json | head -c 10'
    result = subprocess.run(command, shell=True, cwd=root, capture_output=True, text=True, check=False)  # noqa: S602 - a real pipe is the point
    assert result.stderr == ""
