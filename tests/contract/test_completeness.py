"""The catalogue is complete: whatever it promises is kept, spoken, told, used."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import devkit
from devkit.contract.entities import Page
from devkit.contract.errors import ERRORS
from devkit.contract.operations import Access, Conditional, Input, Media, NoInput, Operation
from devkit.contract.shipped import CONTRACT
from devkit.dialects.base import Dialect
from devkit.dialects.shipped import DIALECTS
from devkit.domain.accounts import AccountService
from devkit.domain.analytics import AnalyticsService
from devkit.domain.api_keys import ApiKeyService
from devkit.domain.arrivals import IncomingBody
from devkit.domain.assistant import AssistantService
from devkit.domain.base import Caller
from devkit.domain.chat import ChatService
from devkit.domain.conversations import ConversationService
from devkit.domain.health import HealthService
from devkit.domain.linked_accounts import LinkedAccountService
from devkit.domain.models import ModelService
from devkit.domain.own_sessions import SessionTokenService
from devkit.domain.sessions import SessionService
from devkit.domain.social import SocialService
from devkit.domain.system import SystemService
from devkit.domain.tasks import TaskService
from devkit.domain.uploads import UploadService

SERVICES: dict[str, type] = {
    "accounts": AccountService,
    "sessions": SessionService,
    "social": SocialService,
    "session_tokens": SessionTokenService,
    "linked_accounts": LinkedAccountService,
    "tasks": TaskService,
    "uploads": UploadService,
    "api_keys": ApiKeyService,
    "models": ModelService,
    "chat": ChatService,
    "conversations": ConversationService,
    "assistant": AssistantService,
    "system": SystemService,
    "health": HealthService,
    "analytics": AnalyticsService,
}

LATER_EVENTS: dict[str, str] = {}
LATER_ERRORS = {"rate_limited": "comes with the faults: the backend by itself counts nothing"}

PACKAGE = Path(inspect.getfile(devkit)).parent


def literals(*folders: str) -> set[str]:
    """Every text that is written down in the modules of these folders."""

    def walk() -> Iterator[str]:
        for folder in folders:
            for path in (PACKAGE / folder).rglob("*.py"):
                for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield node.value

    return set(walk())


def keeper_of(operation: Operation) -> Any:
    service, _, method = operation.keeper.partition(".")
    return getattr(SERVICES[service], method)


each_operation = pytest.mark.parametrize("operation", list(CONTRACT.operations), ids=lambda operation: operation.id)


@each_operation
def test_every_operation_has_a_keeper_that_takes_its_input_and_returns_its_result(operation: Operation) -> None:
    keeper = keeper_of(operation)
    assert inspect.iscoroutinefunction(keeper)
    hints = get_type_hints(keeper, include_extras=True)
    result = hints.pop("return")
    assert result == (type(None) if operation.result is None else operation.result)
    assert list(hints)[:2] == ["caller", "data"]
    assert hints["caller"] is Caller
    # A method that is told nothing says so with `object`: it takes whatever comes.
    assert hints["data"] is (object if operation.input is NoInput else operation.input)
    # What else it takes is left out by routes: other keepers have more to say.
    optional = {name for name, one in inspect.signature(keeper).parameters.items() if one.default is not one.empty}
    rest = [hint for name, hint in hints.items() if name not in optional][2:]
    assert rest == ([IncomingBody] if operation.media is Media.MULTIPART else [])


@each_operation
def test_every_operation_is_spoken(operation: Operation) -> None:
    assert [row for dialect in DIALECTS for row in dialect.rows if row.operation == operation.id]


@pytest.mark.parametrize("dialect", list(DIALECTS), ids=lambda dialect: dialect.name)
def test_every_row_of_a_dialect_speaks_an_operation_and_reaches_its_fields(dialect: Dialect) -> None:
    for route in dialect.routes():
        fields = route.fields
        known = set(route.operation.input.model_fields)
        assert set(route.row.hides) <= known - set(fields)
        assert set(route.row.gives) <= known - set(fields) | set(route.row.takes)
        assert set(route.row.takes) | set(route.row.requires) <= set(fields)
        assert set(route.path_fields) - {route.row.owner} <= set(fields)
        assert set(route.row.cookies) | set(route.row.names) <= set(fields)
        assert set(route.row.unsaid) <= set(route.row.cookies)
        assert set(route.row.spares) <= set(route.operation.errors)
        spelled = [spelled for name in fields for spelled in route.names_of(name)]
        if "confirm_password" in fields and route.name_of("confirm_password") == route.name_of("password"):
            # Asked for once, and repeated for the contract.
            spelled.remove(route.name_of("password"))
        assert len(set(spelled)) == len(spelled)
        # What a row without a body is told stands in its address: that is too short for files.
        assert route.operation.media is not Media.MULTIPART or route.sends_body


@each_operation
def test_every_example_is_a_valid_input(operation: Operation) -> None:
    found = operation.input.model_validate(dict(operation.example), strict=True, context=dict(operation.example))
    assert found.model_fields_set == set(operation.example)


@each_operation
def test_an_operation_that_needs_something_has_an_example(operation: Operation) -> None:
    if any(field.is_required() for field in operation.input.model_fields.values()):
        assert operation.example


@each_operation
def test_what_an_operation_names_is_in_the_catalogue(operation: Operation) -> None:
    assert operation.summary
    assert not operation.summary.endswith(".")
    for error in operation.errors:
        assert ERRORS[error]
    for event in operation.emits:
        assert CONTRACT.events[event]
    assert len(set(operation.errors)) == len(operation.errors)
    assert issubclass(operation.input, Input)


@each_operation
def test_an_operation_on_one_thing_can_miss_it(operation: Operation) -> None:
    if "id" in operation.input.model_fields:
        assert "not_found" in operation.errors
        assert operation.access is Access.SIGNED_IN
    if issubclass(operation.input, Conditional):
        assert "precondition_failed" in operation.errors
    if operation.result and getattr(operation.result, "__origin__", None) is Page:
        assert "validation_error" in operation.errors
        assert get_args(operation.result)


def test_every_event_is_published_by_a_service_and_named_by_an_operation() -> None:
    published = literals("domain")
    named = {event for operation in CONTRACT.operations for event in operation.emits}
    for kind in CONTRACT.events:
        if kind.name in LATER_EVENTS:
            assert kind.name not in named, f"{kind.name} has come: take it off the list"
        else:
            assert kind.name in published
            assert kind.name in named


def test_every_topic_belongs_to_an_event() -> None:
    told = {topic.partition(":")[0] for kind in CONTRACT.events for topic in kind.topics}
    assert told == {*CONTRACT.topics, *CONTRACT.owned_topics}


def test_every_error_is_raised_somewhere() -> None:
    raised = literals("domain", "server", "control", "storage")
    for kind in ERRORS:
        assert (kind.name in raised) is not (kind.name in LATER_ERRORS), kind.name


def test_errors_of_one_code_differ_in_their_status() -> None:
    pairs = [(kind.code, kind.status) for kind in ERRORS]
    assert len(set(pairs)) == len(pairs)


def test_every_error_has_a_sentence() -> None:
    for kind in ERRORS:
        assert kind.message[0].isupper()
        assert not kind.message.endswith(".")
        assert 400 <= kind.status < 600
