"""`devkit token`: an access token without signing in, good or bad."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, SandboxName, Url, print_json, server

app = App()


@app.command()
def token(
    user: Annotated[
        str | None, typer.Option("--user", metavar="EMAIL", help="Whose; the seeded test user's if left out.")
    ] = None,
    expired: Annotated[bool, typer.Option("--expired", help="One whose time is over.")] = False,
    lifetime: Annotated[
        str | None, typer.Option("--lifetime", metavar="DURATION", help="How long it lives, such as 5m.")
    ] = None,
    defect: Annotated[
        str | None,
        typer.Option(
            "--defect",
            metavar="KIND",
            help="One that is wrong: signature, issuer, audience, algorithm, not_before, malformed.",
        ),
    ] = None,
    curl: Annotated[bool, typer.Option("--curl", help="Print a curl line that uses it.")] = False,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Print an access token of a user, good or bad. It is as the running server would issue it, but for its defect."""
    wish = {"user": user, "expired": expired, "lifetime": lifetime, "defect": defect}
    client = server(url, sandbox)
    minted = client.post("/tokens", {name: value for name, value in wish.items() if value is not None})
    if json:
        print_json(minted | {"curl": _curl(minted, client.url, sandbox)})
    else:
        typer.echo(_curl(minted, client.url, sandbox) if curl else minted["token"])


def _curl(minted: dict[str, Any], url: str, sandbox: str | None) -> str:
    from urllib.parse import urlsplit

    words = ["curl", "-i", "-H", f"Authorization: Bearer {minted['token']}"]
    if sandbox:
        # By header and not by host: not every curl knows that *.localhost is this machine.
        words += ["-H", f"X-Devkit-Sandbox: {sandbox}"]
    return shlex.join([*words, url + urlsplit(minted["try"]).path])
