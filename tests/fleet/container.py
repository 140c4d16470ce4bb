"""The image, as far as it can be had without a builder: its files, its user its read-only root, and how large it is.

    python -m tests.fleet.container        a minute; Linux, as root (it makes a mount namespace)

The commands of the Containerfile's first stage are run in a copy of what it copies. Then what the second stage has is
put together in a mount namespace in which all is read-only but /state, and its command is run as its user, with its
variables: it must get healthy by its own check, demand its token, write nowhere else, and end when it is told to.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTAINERFILE = ROOT / "docs" / "examples" / "container" / "Containerfile"
BASE_COMPRESSED = 46
"""MB that python:3.13-slim takes as it is pulled (its manifest's layers, amd64); not measured here."""
MOST = 120


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    if sys.platform != "linux" or os.geteuid():
        sys.exit("error: this makes a mount namespace, which takes Linux and root")
    build, run = CONTAINERFILE.read_text().split("\nFROM ")[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        _build(build, folder)
        packed = folder / "layer.tar.gz"
        with tarfile.open(packed, "w:gz", compresslevel=6) as layer:
            layer.add(folder / "opt" / "devkit", "opt/devkit")
        size = packed.stat().st_size / 1e6
        packed.unlink()
        say(f"compressed: {size:.1f} MB of ours, about {size + BASE_COMPRESSED:.0f} MB with its base; {MOST} at most")
        assert size + BASE_COMPRESSED <= MOST
        _run(run, folder)
    say("the container's own process: healthy, token demanded, root read-only, ended by SIGTERM")


def _build(stage: str, folder: Path) -> None:
    """As the first stage does it, with this Python in the place of the image's."""
    source = folder / "src"
    source.mkdir()
    shutil.copytree(
        ROOT, folder / "context", ignore=shutil.ignore_patterns(".*", "__pycache__", "node_modules", "tests")
    )
    for line in stage.splitlines():
        word, _, rest = line.partition(" ")
        if word == "COPY":
            *given, target = rest.split()
            for one in given:
                path = folder / "context" / one
                if path.is_dir():
                    shutil.copytree(path, source / target)
                else:
                    shutil.copy(path, source / target)
        elif word == "RUN":
            command = rest.replace("/opt/devkit", str(folder / "opt" / "devkit"))
            command = command.replace("python -m venv", f"{sys.executable} -m venv --copies", 1)
            subprocess.run(command, shell=True, cwd=source, check=True, stdout=subprocess.DEVNULL)  # noqa: S602


def _run(stage: str, folder: Path) -> None:
    """What the second stage says: variables, user, command, health check."""
    told = dict(re.findall(r"(\w+)=(\S+)", " ".join(re.findall(r"^ENV (.+)$", stage, re.MULTILINE))))
    user, group = re.findall(r"^USER (\d+):(\d+)$", stage, re.MULTILINE)[0]
    check = json.loads(re.findall(r"^HEALTHCHECK .* CMD (.+)$", stage, re.MULTILINE)[0])
    entry = [*json.loads(re.findall(r"^ENTRYPOINT (.+)$", stage, re.MULTILINE)[0])]
    entry += json.loads(re.findall(r"^CMD (.+)$", stage, re.MULTILINE)[0])
    state = folder / "state"
    state.mkdir(mode=0o777)
    state.chmod(0o1777)
    venv = folder / "opt" / "devkit"
    variables = told | {"PATH": f"{venv / 'bin'}:/usr/bin:/bin", "DEVKIT_STATE_DIR": str(state), "TMPDIR": str(state)}
    variables |= {"DEVKIT_TOKEN": "t" * 48, "DEVKIT_REPLICA": "r1", "PYTHONDONTWRITEBYTECODE": "1"}
    # Everything is read-only, and so is what is mounted below it; the state folder alone is not.
    script = (
        f"mount --make-rprivate / && mount --bind {state} {state} && "
        f"for one in $(findmnt -rno TARGET | grep -v '^/proc\\|^/sys\\|^/dev' | grep -vx {state}); do "
        f"mount -o remount,bind,ro $one 2>/dev/null; done; "
        f"touch {folder}/written 2>/dev/null && exit 9; "
        f"cd / && exec setpriv --reuid {user} --regid {group} --clear-groups --no-new-privs "
        f"--bounding-set=-all {venv / 'bin' / 'python'} -m {' '.join(entry)}"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], env=variables, stdout=log, stderr=log)
    try:
        _watched(process, [str(venv / "bin" / "python"), *check[1:]], variables, folder / "log")
        others = [path for path in state.rglob("*") if path.stat().st_uid != int(user)]
        assert not others, others
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0, (folder / "log").read_text()
    finally:
        process.kill()
        process.wait()


def _watched(process: subprocess.Popen[bytes], check: list[str], variables: dict[str, str], log: Path) -> None:
    deadline = time.monotonic() + 60
    while subprocess.run(check, env=variables, check=False, capture_output=True).returncode:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert re.search(r"^Uid:\s+10001\s+10001", status, re.MULTILINE), status
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE), status
    port = int(variables["DEVKIT_PORT"])
    outside = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout.split()
    for host in outside[:1]:
        connection = http.client.HTTPConnection(host, port, timeout=10)
        for token, status_wanted in ((None, 401), ("wrong", 401), (variables["DEVKIT_TOKEN"], 200)):
            connection.request("GET", "/_devkit/metrics", headers={"X-Devkit-Token": token} if token else {})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status_wanted, (token, answer.status)
        connection.close()


if __name__ == "__main__":
    main()
