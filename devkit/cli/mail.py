"""`devkit mail`: read what the mock sent."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, SandboxName, Url, print_json, print_table, server
from devkit.errors import OperatorError, UsageError

app = App()

To = Annotated[str | None, typer.Option("--to", metavar="EMAIL", help="Only mails to this address.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, metavar="N", help="At most so many, newest first.")]
_SHOWN = 20
_SEARCHED = 200


@app.callback(invoke_without_command=True)
def mail(
    context: typer.Context,
    link: Annotated[
        bool, typer.Option("--link", help="Print the link of the newest mail that has one, and nothing else.")
    ] = False,
    to: To = None,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """List the server's mails, show one, or print the newest link."""
    if context.invoked_subcommand is not None:
        if link or to:
            raise UsageError(f"Options go behind the word {context.invoked_subcommand!r}, and --link stands alone.")
        # Where and in what form was said before the word: the word's own options go before these.
        context.obj = {"url": url, "sandbox": sandbox, "json": json}
    elif link:
        _print_link(_mails(url, sandbox, to, _SEARCHED)["data"], to, as_json=json)
    else:
        _print_list(_mails(url, sandbox, to, _SHOWN), as_json=json)


@app.command("list")
def list_(
    context: typer.Context,
    to: To = None,
    limit: Limit = _SHOWN,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """List the mails, newest first."""
    url, sandbox, json = _inherited(context, url, sandbox, json)
    _print_list(_mails(url, sandbox, to, limit), as_json=json)


@app.command()
def show(
    context: typer.Context,
    mail_id: Annotated[str, typer.Argument(metavar="ID", help="A mail's id, as `devkit mail` shows it.")],
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part instead of the text.")] = False,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Show one mail."""
    from devkit.control.client import segment

    url, sandbox, json = _inherited(context, url, sandbox, json)
    found = server(url, sandbox).get(f"/mail/{segment(mail_id)}")
    if json:
        print_json(found)
    elif html:
        typer.echo(found.get("html") or "")
    else:
        heads = (("To", "to"), ("Subject", "subject"), ("Sent", "sent_at"), ("Link", "link"))
        lines = [f"{name + ':':8} {found[key]}" for name, key in heads if found.get(key)]
        typer.echo("\n".join([*lines, "", str(found.get("text") or "").rstrip()]))


def _inherited(
    context: typer.Context, url: str | None, sandbox: str | None, json: bool
) -> tuple[str | None, str | None, bool]:
    outer: dict[str, Any] = context.obj if isinstance(context.obj, dict) else {}
    return url or outer.get("url"), sandbox or outer.get("sandbox"), json or bool(outer.get("json"))


def _mails(url: str | None, sandbox: str | None, to: str | None, limit: int) -> dict[str, Any]:
    answer = server(url, sandbox).get("/mail", {"to": to, "limit": limit})
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise OperatorError("The server answered with something that is no list of mails.")
    return answer


def _print_link(mails: list[dict[str, Any]], to: str | None, *, as_json: bool) -> None:
    newest = next((mail for mail in mails if mail.get("link")), None)
    if newest is None:
        raise OperatorError(
            f"There is no mail with a link{f' to {to}' if to else ''} yet.",
            remedy="Register a user, or ask for a password reset, and try again.",
        )
    if as_json:
        print_json({key: newest.get(key) for key in ("id", "to", "kind", "link")})
    else:
        typer.echo(newest["link"])


def _print_list(answer: dict[str, Any], *, as_json: bool) -> None:
    mails = answer["data"]
    if as_json:
        print_json(answer)
    elif not mails:
        typer.echo("No mails yet.")
    else:
        keys = ("sent_at", "to", "kind", "subject", "id")
        head = ("SENT", "TO", "KIND", "SUBJECT", "ID")
        print_table(head, [[str(mail.get(key) or "") for key in keys] for mail in mails])
        total = answer.get("total", len(mails))
        if total > len(mails):
            typer.echo(f"… and {total - len(mails)} older; `devkit mail list --limit N` shows more.")
