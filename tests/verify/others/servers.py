"""Backends that are none of ours: how each is started, and by which contract it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
USER = "verify@example.com:Verify-me-1!"


@dataclass(frozen=True, kw_only=True)
class Server:
    """`command` runs in a copy of this folder with `PORT` set. `contract` is a file here, `document` the path of the
    server's own OpenAPI document, where it has one, which is `document.json` then. `before` is sent once it is up: a
    path, and the JSON that is posted to it.
    """

    name: str
    command: str
    contract: str
    flags: tuple[str, ...] = ()
    document: str = ""
    before: tuple[str, dict[str, str]] | None = None


SERVERS = (
    Server(
        name="FastAPI with fastapi-users",
        command="python fastapi_app.py",
        contract="fastapi.yaml",
        document="/openapi.json",
        flags=("--user", USER),
        before=("/auth/register", {"email": "verify@example.com", "password": "Verify-me-1!"}),
    ),
    Server(
        name="Django REST framework with SimpleJWT",
        command="python django_app.py",
        contract="django.yaml",
        document="/api/schema/?format=json",
        flags=("--user", USER),
    ),
    Server(
        name="Better Auth",
        command="node better_auth_app.mjs",
        contract="better_auth.yaml",
        flags=("--user", USER),
        before=(
            "/api/auth/sign-up/email",
            {"email": "verify@example.com", "password": "Verify-me-1!", "name": "Verify"},
        ),
    ),
    Server(
        name="Express with passport",
        command="node express_app.mjs",
        contract="express.yaml",
        flags=("--user", USER),
    ),
    Server(
        name="json-server-auth",
        command="node ../node_modules/.bin/json-server-auth --port $PORT --host 127.0.0.1 json_server.json",
        contract="json_server_auth.yaml",
        flags=("--user", USER),
        before=("/register", {"email": "verify@example.com", "password": "Verify-me-1!"}),
    ),
    Server(
        name="json-server",
        command="node ../node_modules/.bin/json-server --port $PORT --host 127.0.0.1 json_server.json",
        contract="json_server.yaml",
    ),
    Server(
        name="Prism",
        command="node ../node_modules/.bin/prism mock -h 127.0.0.1 -p $PORT prism.yaml",
        contract="prism.yaml",
        flags=("--skip", "http.escapes"),
    ),
)
