"""The OpenAPI document against the server itself: whatever it is sent, it answers as the document says."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as documented

from devkit.dialects.openapi.document import document
from devkit.dialects.shipped import DIALECTS
from tests.conftest import EMAIL, PASSWORD
from tests.process import Process, serving

pytestmark = pytest.mark.slow

CHECKS = [
    schemathesis.checks.not_a_server_error,
    documented.status_code_conformance,
    documented.content_type_conformance,
    documented.response_headers_conformance,
    documented.response_schema_conformance,
]
COLLECTIONS = {
    "/api/tasks": "data",
    "/api/uploads": "data",
    "/api/auth/sessions": "data",
    "/api/chat/conversations": "conversations",
    "/api/models": "models",
}
"""Where there are things with an id, and what the list of them is called."""
SCHEMA = schemathesis.openapi.from_dict(document(tuple(DIALECTS)))
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with serving(tmp_path_factory.mktemp("schemathesis"), "--memory") as process:
        yield process


@pytest.fixture
def session(server: Process) -> Iterator[requests.Session]:
    """Signed in by bearer token, with nothing else that a browser would add."""
    with requests.Session() as session:
        answer = session.post(f"{server.url}/api/auth/login", json={"email": EMAIL, "password": PASSWORD}, timeout=10)
        session.headers["Authorization"] = f"Bearer {answer.cookies['auth-token']}"
        session.cookies.set_policy(_NoCookies())
        yield session


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined]
    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


def _existing(session: requests.Session, server: Process, path: str) -> str | None:
    """The id of something that is there, for a path that wants one."""
    for collection, key in COLLECTIONS.items():
        if f"{collection}/{{" in path.replace("/api/v1/", "/api/"):
            rows = session.get(f"{server.url}{collection}", timeout=10).json().get(key)
            return str(rows[-1]["id"]) if rows else None
    return None


def test_every_operation_is_in_the_document() -> None:
    assert len(OPERATIONS) >= len(DIALECTS["agreed"].rows)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_answer_breaks_the_document(
    server: Process, session: requests.Session, operation: Any, mode: GenerationMode
) -> None:
    try:
        cases = operation.as_strategy(generation_mode=mode)
    except schemathesis.errors.InvalidSchema as error:
        pytest.fail(str(error))
    existing = _existing(session, server, operation.path)

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, exists=st.booleans())
    def run(case: Any, exists: bool) -> None:
        for name in {"id", "model_id"} & set(case.path_parameters or ()) if exists and existing else ():
            case.path_parameters[name] = existing
        response = case.call(base_url=server.url, session=session, timeout=20)
        case.validate_response(response, checks=CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run()
        except BaseException as error:
            # Operations without parameters cannot be called wrongly.
            if type(error).__name__ in {"Unsatisfiable", "SkipTest"}:
                pytest.skip("nothing here can be wrong")
            raise
    assert server.is_running
