"""`python3 docs/install.py` puts devkit, and the packages it needs, into `.venv` beside the README, and tells in one
line how far it is. With `--tests` the lock is requirements-dev.lock: what tests and checks need besides is there, too.
With `--wheel FOLDER` it installs nothing: it makes the wheel, and puts the lock beside it, for another project.

Where `uv` is at hand, it installs; else Python's own pip fetches the one of docs/install.lock, which needs half as long
for the rest. That lock has what builds devkit, too, and all of it stays in a temporary folder: neither pip nor a build
backend is in `.venv`, where nobody needs them. What is run then, `INSTALLER` being `uv pip` or `pip`:

    python3 -m venv --without-pip .venv
    INSTALLER install --require-hashes --no-deps -r requirements.lock
    INSTALLER install --no-deps --no-build-isolation -e .

`--no-deps`: the lock names everything. Nothing is compiled: Python compiles what a start loads, which is a tenth.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER))
import devkit  # noqa: E402, F401 - a Python that is too old ends here with a sentence, and must be able to read this file

ENVIRONMENT = FOLDER / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
TOOLS = FOLDER / "docs" / "install.lock"
USAGE = "usage: python3 docs/install.py [--tests | --wheel FOLDER]"
TAKES = {"requirements.lock": "5 to 20 seconds", "requirements-dev.lock": "half a minute to a minute"}
_PACKAGE = re.compile(
    r"(?:Collecting |Requirement already satisfied: |Ignoring |Processing .*[\\/])([\w.-]+?)(?=[=:;\s]|-\d)"
)
_BY_PIP = ("install", "--disable-pip-version-check", "--no-compile")
_LOCKED = ("--require-hashes", "--no-deps", "-r")
_BAR = 24


def main(arguments: list) -> int:
    if arguments not in ([], ["--tests"]) and not (len(arguments) == 2 and arguments[0] == "--wheel"):
        print(USAGE, file=sys.stdout if arguments in (["-h"], ["--help"]) else sys.stderr)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        with tempfile.TemporaryDirectory(prefix="devkit-install-") as tools:
            if arguments[:1] == ["--wheel"]:
                _wheel(Path(tools), Path(arguments[1]))
            else:
                _install(Path(tools), "requirements-dev.lock" if arguments else "requirements.lock")
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        print()
        return 130
    return 0


def _install(tools: Path, lock: str) -> None:
    began, packages = time.monotonic(), _pinned(FOLDER / lock)
    print(f"Installing devkit and {packages} packages into .venv: {TAKES[lock]} the first time", flush=True)
    _show("making the environment")
    _make_environment()
    installer = _installer(tools)
    _run([*installer, *_LOCKED, lock], packages)
    _run([*installer, "--no-deps", "--no-build-isolation", "-e", "."], 1, PYTHONPATH=str(tools))
    print(f"Installed in {time.monotonic() - began:.0f} s")


def _wheel(tools: Path, into: Path) -> None:
    """Without isolation, as the lock's build backend is at hand."""
    _installer(tools)
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", into.resolve()], 1, PYTHONPATH=str(tools))
    shutil.copy(FOLDER / "requirements.lock", into)
    print(f"In {into}: {', '.join(sorted(path.name for path in into.iterdir() if path.suffix in ('.whl', '.lock')))}")


def _make_environment() -> None:
    """One that is there stays, if it is of this Python's version."""
    look = [PYTHON, "-c", f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"]
    if PYTHON.exists() and subprocess.run(look, stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", ENVIRONMENT], check=True)


def _installer(tools: Path) -> list:
    """The command that installs into `.venv`; what builds devkit is in `tools` then."""
    uv = shutil.which("uv")
    if uv:
        try:
            _run([uv, "pip", "install", "--target", tools, *_LOCKED, TOOLS], _pinned(TOOLS))
        except subprocess.CalledProcessError:
            print("uv could not, so pip does it.", file=sys.stderr)
        else:
            return [uv, "pip", "install", "--python", PYTHON]
    # Of somebody's own settings for pip, those that a target folder would meet.
    _run(
        [*_python_s_pip(), *_BY_PIP, "--target", tools, *_LOCKED, TOOLS],
        _pinned(TOOLS), PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0",
    )  # fmt: skip
    # Not by PYTHONPATH: pip would take what is in `tools` for installed.
    return [sys.executable, tools / "pip", "--python", PYTHON, *_BY_PIP]


def _python_s_pip() -> list:
    """The one that came with this Python, mostly as the wheel that `ensurepip` has."""
    folders = [Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or "")]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip:
        folders.append(Path(ensurepip.origin).parent / "_bundled")
    wheels = [wheel for folder in folders if folder.name for wheel in sorted(folder.glob("pip-*.whl"))]
    if wheels:
        return [sys.executable, wheels[0] / "pip"]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    sys.exit("error: this Python has no pip: install it, or uv (on Debian and Ubuntu: apt install python3-venv)")


def _pinned(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())


def _run(command: list, packages: int, **environment: str) -> None:
    """Run an installer, and show which of so many packages it is at. What it says is told if it fails."""
    said, seen = [], 0
    with subprocess.Popen(
        command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        env={**os.environ, **environment},
    ) as installer:  # fmt: skip
        for line in installer.stdout:
            said.append(line)
            package = _PACKAGE.match(line)
            if package:
                seen += 1
                _show(package[1], seen / packages)
            elif line.startswith("Installing collected packages"):
                _show("unpacking", 1)
    _show()
    if installer.returncode:
        sys.stderr.writelines(said)
        raise subprocess.CalledProcessError(installer.returncode, command)


def _show(what: str = "", done: float = 0) -> None:
    """Write the line of progress over the one before; nothing where nobody watches."""
    if sys.stdout.isatty():
        full = round(_BAR * done)
        line = f"  {'#' * full}{'.' * (_BAR - full)}  {what}" if what else ""
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{line[:width]:{width}}\r", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
