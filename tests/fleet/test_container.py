"""What the container's files say, held against what there is. They are run by `python -m tests.fleet.container`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.config import OTHER_VARIABLES, SETTINGS
from devkit.control.table import OPERATIONS
from devkit.fleet import envoy, traefik
from devkit.fleet.members import Fleet, members
from devkit.fleet.placement import of_hostname

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "examples" / "container"
VARIABLES = {row.variable for row in SETTINGS} | set(OTHER_VARIABLES)
PATHS = {operation.path for operation in OPERATIONS}


@pytest.mark.parametrize("name", ["Containerfile", "compose.yaml", "kubernetes.yaml"])
def test_every_variable_and_every_address_in_them_is_known(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert set(re.findall(r"DEVKIT_[A-Z_]+", text)) <= VARIABLES
    assert set(re.findall(r"/_devkit/[a-z/]+", text)) <= PATHS


def test_the_image_is_made_of_files_that_are_there_and_runs_as_nobody() -> None:
    text = (FOLDER / "Containerfile").read_text()
    sources = [word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for word in line.split()]
    assert "devkit" in sources
    assert [one for one in sources if not (ROOT / one).exists()] == []
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]
    assert "--require-hashes" in text
    check = json.loads(re.findall(r"^HEALTHCHECK .* CMD (.+)$", text, re.MULTILINE)[0])
    compile(check[2], "HEALTHCHECK", "exec")


def test_pods_are_called_as_the_proxys_file_calls_them() -> None:
    documents: list[dict[str, Any]] = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text()))
    kinds = {one["kind"]: one for one in documents}
    pods = kinds["StatefulSet"]["spec"]
    name = kinds["StatefulSet"]["metadata"]["name"]
    assert of_hostname(f"{name}-3") == "devkit3"
    container = pods["template"]["spec"]["containers"][0]
    assert {"name": "DEVKIT_REPLICA", "value": "auto"} in container["env"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert kinds["Service"]["spec"]["publishNotReadyAddresses"]
    scaled = kinds["HorizontalPodAutoscaler"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == name
    assert scaled["metrics"][0]["pods"]["metric"]["name"] == "devkit_sandboxes"


FLEET = members(["r1=http://10.0.0.1:8000", "r2=http://[fd00::2]:8000"])


def test_traefiks_file_has_a_router_for_each_replica_and_way() -> None:
    """Traefik is in no registry that the tests take from: its file is looked at, not run."""
    written = traefik.written(Fleet(members=FLEET, main=FLEET[0], listen=("0.0.0.0", 80)))
    found = yaml.safe_load(written)["http"]
    routers, services = found["routers"], found["services"]
    assert {one["service"] for one in routers.values()} == set(services) == {"devkit-new", "devkit-r1", "devkit-r2"}
    order = sorted(routers, key=lambda name: -routers[name]["priority"])
    assert order[0].startswith("devkit-about")
    assert order[-2:] == ["devkit-new", "devkit-main"]
    assert routers["devkit-header-r2"]["rule"] == "HeaderRegexp(`X-Devkit-Sandbox`, `^r2-.`)"
    assert services["devkit-r2"]["loadBalancer"]["servers"] == [{"url": "http://[fd00::2]:8000"}]


def test_envoys_file_is_yaml_in_which_every_cluster_is_there() -> None:
    found = yaml.safe_load(envoy.written(Fleet(members=FLEET, main=FLEET[1], listen=("0.0.0.0", 80))))
    clusters = {one["name"] for one in found["static_resources"]["clusters"]}
    text = json.dumps(found["static_resources"]["listeners"])
    assert set(re.findall(r'"cluster": "([^"]+)"', text)) == clusters == {"devkit-new", "r1", "r2"}
