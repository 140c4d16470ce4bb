from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import devkit as package
from devkit import cli
from devkit.cli import app
from devkit.cli.app import COMMANDS
from devkit.errors import ExitCode, OperatorError
from tests.cli.conftest import ROOT, Devkit


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


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom devkit.cli.app import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'aiohttp', 'pydantic', 'rich', 'faker', 'yaml', 'asyncio'} & set(sys.modules)), file=sys.stderr)"
    )
    root = Path(package.__file__).parents[1]
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"


def test_the_version_is_the_packages(devkit: Devkit) -> None:
    assert devkit("--version").stdout == f"devkit {package.__version__}\n"


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


def test_an_interrupt_is_status_130_and_a_second_one_leaves_no_trace_either(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: list[object] = []
    monkeypatch.setattr(signal, "signal", lambda _, handler: handlers.append(handler))
    assert run_with(monkeypatch, KeyboardInterrupt()) == 130
    assert handlers == [signal.SIG_DFL]


@pytest.mark.parametrize(
    ("command", "stream"),
    [("contract list --json", "stdout"), ("--help", "stdout"), ("reset --nope", "stderr")],
)
def test_a_reader_that_goes_leaves_no_stack_trace(command: str, stream: str) -> None:
    """As a shell says it of any program (`cat file | true`): 128 and the number of SIGPIPE, which is 13."""
    reader, writer = os.pipe()
    os.close(reader)
    root = Path(package.__file__).parents[1]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writer}
    with subprocess.Popen([sys.executable, "-m", "devkit", *command.split()], cwd=root, **streams) as process:  # type: ignore[call-overload]
        os.close(writer)
        out, err = process.communicate(timeout=60)
    assert (out or b"", err or b"") == (b"", b"")
    assert process.returncode == ExitCode.CLOSED_PIPE == 128 + 13


@pytest.mark.parametrize(("into", "status"), [("/dev/full", ExitCode.FAILED), ("&-", ExitCode.DONE)])
def test_output_that_cannot_be_written_is_told_and_closed_output_is_none(into: str, status: int) -> None:
    if into.startswith("/") and not Path(into).exists():
        pytest.skip("/dev/full is Linux's")
    line = f'"{sys.executable}" -m devkit --version >{into}'
    root = Path(package.__file__).parents[1]
    result = subprocess.run(["sh", "-c", line], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == status
    assert result.stderr == ("error: The output cannot be written: No space left on device.\n" if status else "")


def test_a_command_ends_with_a_code_that_is_listed() -> None:
    numbers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "devkit").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _ends_with_a_number(node)
    ]
    assert numbers == [], "name it: devkit.errors.ExitCode"


def _ends_with_a_number(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"typer.Exit", "SystemExit", "sys.exit", "os._exit"}:
        given: list[ast.AST] = [*node.args, *node.keywords]
    elif isinstance(node, ast.Assign) and "exit_code" in map(ast.unparse, node.targets):
        given = [node.value]
    else:
        return False
    parts = [part for one in given for part in ast.walk(one)]
    return any(isinstance(part, ast.Constant) and isinstance(part.value, int) for part in parts)
