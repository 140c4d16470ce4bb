"""`docs/install.py`, which the README begins with. That it installs is seen by `.ci/run`, which types that."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "install.py"
OLD = "import sys; sys.version_info = (3, 9, 18, 'final', 0); sys.version = '3.9.18 (main)'; "
PIP = """#!/bin/sh
echo "Ignoring colorama: markers 'sys_platform == \\"win32\\"' don't match your environment"
echo "Collecting aiohttp==3.14.5 (from -r requirements.lock (line 6))"
echo "  Downloading aiohttp-3.14.5-py3-none-any.whl (1.7 MB)"
echo "Processing /mirror/jsonschema_rs-0.60.3-cp311-abi3-linux_x86_64.whl (from -r requirements.lock (line 7))"
echo "Requirement already satisfied: yarl==1.25.1 in ./x (from -r requirements.lock (line 9))"
echo "Installing collected packages: aiohttp"
echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE." >&2
exit {status}
"""


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, with another pip."""
    spec = importlib.util.spec_from_file_location("install", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PYTHON", tmp_path / "python")
    return module


def pip_that_ends(install: ModuleType, status: int) -> None:
    install.PYTHON.write_text(PIP.format(status=status))
    install.PYTHON.chmod(0o755)


@pytest.mark.parametrize("name", ["docs/install.py", "devkit/__init__.py", "devkit/__main__.py"])
def test_an_older_python_can_read_what_tells_it_that_it_is_too_old(name: str) -> None:
    ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize(
    "way",
    [
        "import devkit",
        "import devkit.cli",
        "import runpy; runpy.run_module('devkit', run_name='__main__')",
        "import runpy; runpy.run_path('docs/install.py', run_name='__main__')",
    ],
)
def test_a_python_that_is_too_old_is_told_so_in_the_first_sentence(way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OLD + way], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: devkit needs Python 3.11 or newer; this is Python 3.9.18, {sys.executable}\n"


def test_a_checkout_that_is_run_without_its_packages_says_how_to_install_them() -> None:
    """`-S`: a Python without what was installed for it."""
    command = [sys.executable, "-S", "-m", "devkit", "serve"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(r"error: devkit needs the package \w+, which is not installed for \S+\.\n", done.stderr)
    assert "`python3 docs/install.py`" in done.stderr


def test_it_shows_where_pip_is(
    install: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_that_ends(install, 0)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    install._run([install.PYTHON], 4)
    shown = [line.strip() for line in capsys.readouterr().out.split("\r") if line.strip()]
    assert shown == [
        "######..................  colorama",
        "############............  aiohttp",
        "##################......  jsonschema_rs",
        "########################  yarl",
        "########################  unpacking",
    ]


def test_what_pip_says_is_told_when_it_fails(install: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    pip_that_ends(install, 7)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        install._run([install.PYTHON], 2)
    assert caught.value.returncode == 7
    assert "DO NOT MATCH THE HASHES" in capsys.readouterr().err


def test_an_option_that_it_does_not_know_is_refused(install: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert install.main(["--test"]) == 2
    assert capsys.readouterr().err == "usage: python3 docs/install.py [--tests | --wheel FOLDER]\n"


def test_where_uv_is_at_hand_it_installs_and_where_it_cannot_pip_does(
    install: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[list[str]] = []

    def run(command: list[object], packages: int, **environment: str) -> None:
        assert packages
        ran.append([str(word) for word in command])
        if "uv" in ran[-1][0] and fails:
            raise subprocess.CalledProcessError(2, "uv")

    monkeypatch.setattr(install, "_run", run)
    monkeypatch.setattr(install.shutil, "which", lambda name: f"/opt/{name}")
    fails = False
    assert install._installer(tmp_path)[:3] == ["/opt/uv", "pip", "install"]
    assert len(ran) == 1
    fails = True
    assert install._installer(tmp_path)[:2] == [sys.executable, tmp_path / "pip"]
    assert len(ran) == 3
    assert capsys.readouterr().err == "uv could not, so pip does it.\n"
    assert all("--require-hashes" in command for command in ran)
