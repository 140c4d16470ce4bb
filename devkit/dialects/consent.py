"""The consent page of a provider, as HTML: it works without JavaScript, in light and dark, by keyboard."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from devkit.contract.errors import DomainError
from devkit.contract.providers import PROVIDERS
from devkit.contract.social_entities import Consent, Identity, Provider, SignInFailure
from devkit.dialects.replies import TextBody
from devkit.dialects.spelling import WireContext

_STYLE = (Path(__file__).parent / "consent.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_CODE = re.compile(r"[A-Za-z0-9_'-]{1,100}")

_SHELL = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<div class="card">
<header><span class="mark" aria-hidden="true">{initial}</span>{heading}</header>
{content}
</div>
<p class="aside">{aside}: nothing leaves this machine.</p>
</main>
</body>
</html>
"""

_ASKED = """\
<h1>Choose an account</h1>
<p class="to">to continue to <strong>{origin}</strong></p>
{people}
<details{open}>
<summary><span class="face" aria-hidden="true">+</span>Use another account</summary>
<form class="other" method="post" action="{action}">
{hidden}
<label>Name <input name="name" required maxlength="100" autocomplete="off"></label>
<label>Email address
<input name="email" type="email" maxlength="254" autocomplete="off" aria-describedby="none"></label>
<span class="hint" id="none">Leave it empty for an account that keeps its address private.</span>
<label class="tick"><input name="verified" type="checkbox" value="true" checked>
{provider} has verified the address</label>
<button class="main">Continue</button>
</form>
</details>
<form class="foot" method="post" action="{action}">
{hidden}
<span>{provider} will share: {scopes}</span>
<button name="deny" value="true">Deny</button>
</form>"""

_PERSON = """\
<li><button class="person" name="identity" value="{id}">\
<span class="face" aria-hidden="true">{initial}</span>\
<span class="who">{name} <small>{email}</small>{note}</span></button></li>"""

_REFUSED = """\
<h1>{title}</h1>
{complaints}
<p class="hint">{code}</p>
{back}"""


def consent_page(consent: Consent, context: WireContext) -> TextBody:
    """The page that asks."""
    provider = consent.provider
    hidden = _hidden({"state": consent.state, "csrf": consent.csrf})
    # The state stands in the address too, so that an error can lead back here.
    action = escape(context.address(context.path, {"state": consent.state}))
    people = "".join(_person(identity) for identity in consent.identities)
    if people:
        people = f'<form method="post" action="{action}">\n{hidden}\n<ul>\n{people}</ul>\n</form>'
    content = _ASKED.format(
        origin=escape(consent.origins[0]),
        people=people,
        open="" if consent.identities else " open",
        action=action,
        hidden=hidden,
        provider=escape(provider.display_name),
        scopes=", ".join(f"<code>{escape(scope)}</code>" for scope in provider.scopes),
    )
    return _page(provider, f"Sign in with {provider.display_name}", content)


def refusal_page(error: DomainError, context: WireContext) -> TextBody:
    """The page that says what went wrong; it leads back to the question where there is one."""
    name = context.path.split("/")[2] if context.path.count("/") > 1 else ""
    provider = PROVIDERS[name] if name in PROVIDERS else Provider(name, "the provider", False, ())
    complaints = [f"{field.capitalize()}: {message}" for field, message in error.fields.items()] or [error.message]
    state = dict(context.query).get("state")
    back = ""
    if state and error.code in {"validation_error", "forbidden"}:
        address = escape(context.address(context.path, {"state": state}))
        back = f'<p><a class="main" href="{address}">Back to the accounts</a></p>'
    content = _REFUSED.format(
        title="This does not work yet" if back else "This sign-in cannot go on",
        complaints="".join(f'<p class="bad" role="alert">{escape(text)}.</p>' for text in complaints),
        code=f"Error code: <code>{escape(error.code)}</code>",
        back=back or '<p class="hint">Go back to the app, and begin again there.</p>',
    )
    return _page(provider, error.message, content)


def failure_page(failure: SignInFailure) -> TextBody:
    """The page for those whose sign-in failed, and whom no page of the frontend expects."""
    code = failure.code if _CODE.fullmatch(failure.code) else "UNKNOWN"
    content = _REFUSED.format(
        title="The sign-in failed",
        complaints=f'<p class="bad" role="alert">{escape(failure.description)}</p>' if failure.description else "",
        code=f"Error code: <code>{escape(code)}</code>",
        back='<p class="hint">Go back to the app, and begin again there. A frontend that names a page for errors'
        " (<code>errorCallbackURL</code>) is told there.</p>",
    )
    return _shell(f"Sign-in failed: {code}", content, mark="!", heading="Sign-in", aside="devkit answers here")


def page_headers(origins: Iterable[str] = ()) -> dict[str, str]:
    """What such a page may do: be shown, and send its form here, from where the browser goes on to `origins`."""
    # Chromium holds the addresses that a form's answer redirects to against form-action as well.
    forms = " ".join(["'self'", *origins])
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {forms};"
        " base-uri 'none'; frame-ancestors 'none'",
        # Not no-referrer: the form would then come from the origin "null".
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def _page(provider: Provider, title: str, content: str) -> TextBody:
    name = escape(provider.display_name)
    heading, aside = f"Sign in with {name}", f"devkit plays {name} here"
    return _shell(title, content, mark=name[:1].upper(), heading=heading, aside=aside)


def _shell(title: str, content: str, *, mark: str, heading: str, aside: str) -> TextBody:
    return TextBody(
        _SHELL.format(title=escape(title), style=_STYLE, initial=mark, heading=heading, content=content, aside=aside)
    )


def _person(identity: Identity) -> str:
    note = ""
    if identity.email is None:
        note = '<small class="note">address kept private</small>'
    elif not identity.verified:
        note = '<small class="note">address not verified</small>'
    return _PERSON.format(
        id=escape(identity.id),
        initial=escape(identity.name[:1].upper()),
        name=escape(identity.name),
        email=escape(identity.email or ""),
        note=note,
    )


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
