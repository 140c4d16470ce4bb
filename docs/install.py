"""`python3 docs/install.py` puts devkit, and the packages it needs, into `.venv` beside the README. It runs

    python3 -m venv .venv
    .venv/bin/pip install --require-hashes --no-deps --no-compile -r requirements.lock
    .venv/bin/pip install --no-deps --no-build-isolation -e .

and tells in one line how far they are. With `--tests` the lock is requirements-dev.lock: what tests and checks need
besides is there, too.

`--no-deps`: the lock names everything, down to what builds devkit. `--no-compile`: Python compiles what a start loads,
which is a tenth of what is installed.
"""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER))
import devkit  # noqa: E402, F401 - a Python that is too old ends here with a sentence, and must be able to read this file

ENVIRONMENT = FOLDER / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
USAGE = "usage: python3 docs/install.py [--tests]"
TAKES = {"requirements.lock": "10 to 30 seconds", "requirements-dev.lock": "half a minute to a minute"}
_PACKAGE = re.compile(
    r"(?:Collecting |Requirement already satisfied: |Ignoring |Processing .*[\\/])([\w.-]+?)(?=[=:;\s]|-\d)"
)
_BAR = 24


def main(arguments: list) -> int:
    if arguments not in ([], ["--tests"]):
        print(USAGE, file=sys.stdout if arguments in (["-h"], ["--help"]) else sys.stderr)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    lock = "requirements-dev.lock" if arguments else "requirements.lock"
    pins = [line for line in (FOLDER / lock).read_text(encoding="utf-8").splitlines() if "==" in line]
    began = time.monotonic()
    print(f"Installing devkit and {len(pins)} packages into .venv: {TAKES[lock]} the first time", flush=True)
    try:
        _make_environment()
        _pip(["--require-hashes", "--no-deps", "--no-compile", "-r", lock], len(pins))
        _pip(["--no-deps", "--no-build-isolation", "-e", "."], 1)
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        print()
        return 130
    print(f"Installed in {time.monotonic() - began:.0f} s")
    return 0


def _make_environment() -> None:
    """One that is there stays, if it works and is of this Python's version."""
    look = [PYTHON, "-c", f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"]
    if PYTHON.exists() and subprocess.run(look, stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return
    _show("making the environment")
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)


def _pip(arguments: list, packages: int) -> None:
    """Run `pip install`, and show which of so many packages it is at. What it says is told if it fails."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    said, seen = [], 0
    with subprocess.Popen(
        command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as pip:
        for line in pip.stdout:
            said.append(line)
            package = _PACKAGE.match(line)
            if package:
                seen += 1
                _show(package[1], seen / packages)
            elif line.startswith("Installing collected packages"):
                _show("unpacking", 1)
    _show()
    if pip.returncode:
        sys.stderr.writelines(said)
        raise subprocess.CalledProcessError(pip.returncode, command)


def _show(what: str = "", done: float = 0) -> None:
    """Write the line of progress over the one before; nothing where nobody watches."""
    if sys.stdout.isatty():
        full = round(_BAR * done)
        line = f"  {'#' * full}{'.' * (_BAR - full)}  {what}" if what else ""
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{line[:width]:{width}}\r", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
