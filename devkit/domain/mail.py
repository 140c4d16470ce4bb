"""The mails that the backend sends: to the sandbox's mailbox, never to the world."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from devkit.contract.entities import Mail, User
from devkit.domain.base import Resources
from devkit.effects import Instant, isoformat

_PAGE = """<!doctype html>
<html lang="en">
<body style="font: 16px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 34em; margin: 2em auto;
 padding: 0 1em; overflow-wrap: anywhere">
<p>Hello {name},</p>
<p>{lead}</p>
<p><a href="{link}" style="display: inline-block; background: #1f5fbf; color: #ffffff; padding: .6em 1.2em;
 border-radius: .4em; text-decoration: none">{action}</a></p>
<p style="color: #5a6472">{alternatives}</p>
<p style="color: #5a6472">The link works once, until {until}. If you did not ask for this mail, ignore it.</p>
</body>
</html>
"""


class MailComposer:
    """Writes mails; storing them is their sender's transaction."""

    def __init__(self, resources: Resources) -> None:
        self._on = resources

    def verification(self, user: User, token: str, expires_at: Instant, following: str | None = None) -> Mail:
        """The link answers by itself; the frontend's page is named beside it. Or it leads on to `following`."""
        query = urlencode({"token": token})
        ours = f"{self._on.reached_at}/api/auth/verify?{query}"
        frontend = f"{self._on.frontend_url}/verify?{query}"
        others = [("In the app", frontend)]
        if following is not None:
            query = urlencode({"token": token, "callbackURL": following})
            ours, others = f"{self._on.reached_at}/api/auth/verify-email?{query}", []
        return self._compose(
            user,
            kind="verify",
            subject="Verify your email address",
            lead="Welcome! Please verify your email address.",
            action="Verify my address",
            link=ours,
            others=others,
            expires_at=expires_at,
        )

    def password_reset(self, user: User, token: str, expires_at: Instant, following: str | None = None) -> Mail:
        """The link leads to the frontend's form; the token is named for whoever posts it by hand. Or the link leads
        through this server to the form at `following`.
        """
        link = f"{self._on.frontend_url}/reset-password?{urlencode({'token': token})}"
        address = f"{self._on.reached_at}/api/auth/reset"
        if following is not None:
            query = urlencode({"callbackURL": following})
            address = f"{self._on.reached_at}/api/auth/reset-password"
            link = f"{address}/{token}?{query}"
        return self._compose(
            user,
            kind="reset",
            subject="Reset your password",
            lead="Somebody, hopefully you, asked to reset the password of this account.",
            action="Choose a new password",
            link=link,
            others=[("Or send the token to", address), ("Token", token)],
            expires_at=expires_at,
        )

    def _compose(
        self,
        user: User,
        *,
        kind: str,
        subject: str,
        lead: str,
        action: str,
        link: str,
        others: list[tuple[str, str]],
        expires_at: Instant,
    ) -> Mail:
        name = user.first_name or user.email
        until = isoformat(expires_at)
        lines = [f"Hello {name},", "", lead, "", f"{action}: {link}"]
        lines += [f"{label}: {value}" for label, value in others]
        lines += ["", f"The link works once, until {until}. If you did not ask for this mail, ignore it."]
        html = _PAGE.format(
            name=escape(name),
            lead=escape(lead),
            link=escape(link),
            action=escape(action),
            alternatives="<br>".join(f"{escape(label)}: {escape(value)}" for label, value in others),
            until=until,
        )
        return Mail(
            id=self._on.randomness.uuid(),
            to=user.email,
            subject=subject,
            kind=kind,
            text="\n".join(lines) + "\n",
            html=html,
            link=link,
            sent_at=self._on.clock.now(),
        )
