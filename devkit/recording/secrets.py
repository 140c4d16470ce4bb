"""What is secret in an exchange, replaced while it is written down: equal secrets by equal placeholders, in the whole
recording. Which values are secret says `devkit.masking`, as for the log.
"""

from __future__ import annotations

import re

from devkit.masking import is_secret, put_in_address, put_in_field, put_in_parts, put_in_text
from devkit.recording.base import Fields

PLACEHOLDER = re.compile(r"devkit-secret-\d+")
"""What stands in a secret's place."""

_EVERYDAY = {"access", "refresh", "code", "state"}
"""Names of tokens, and of much else: `"access": "public"`."""
_TOKEN = 12
"""Characters of what can be a token, where its name leaves that open."""
_ERROR_CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
"""What an error calls itself: `"code": "INVALID_EMAIL_OR_PASSWORD"`."""
_COOKIE = 8
"""Characters of what can be a session: `theme=dark` is none."""
_SPREAD = 16
"""Characters of a secret that is looked for everywhere else, too."""
_REMEMBERED = 48
"""Secrets that are looked for everywhere, the last ones."""
_FIELDS = 4096
"""Header fields of which is known what becomes of them: most come again and again."""


class Secrets:
    """The placeholders of one recording. Nothing of a secret is kept but in memory."""

    def __init__(self, taken: int = 0) -> None:
        """So many placeholders are there already."""
        self._taken = taken
        self.changes = 0
        """How often something came to be looked for everywhere."""
        self._known: dict[str, str] = {}
        self._long: dict[str, str] = {}
        self._fields: dict[tuple[str, str], tuple[str, str]] = {}

    @property
    def count(self) -> int:
        """Placeholders so far."""
        return self._taken + len(self._known)

    def address(self, target: str) -> str:
        return self._spread(put_in_address(target, self._put))

    def fields(self, fields: Fields) -> Fields:
        known = self._fields
        return tuple([known.get(one) or self._field(one) for one in fields])

    def _field(self, one: tuple[str, str]) -> tuple[str, str]:
        name, value = one
        put = self._put_cookie if name.lower() in {"cookie", "set-cookie"} else self._put
        changed = name, self._spread(put_in_field(name, value, put))
        if len(self._fields) >= _FIELDS:
            self._fields.clear()
        self._fields[one] = changed
        return changed

    def body(self, data: bytes, kind: str) -> bytes:
        """A body that is called so (its Content-Type); bytes that are no text stay as they are."""
        if kind.lower().startswith("multipart/"):
            # Files in it are bytes; their parts have no secret names.
            text = data.decode("latin-1")
            changed = put_in_parts(text, self._put)
            return data if changed == text else changed.encode("latin-1", "replace")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        changed = self.text(text)
        return data if changed is text or changed == text else changed.encode()

    def text(self, text: str) -> str:
        return self._spread(put_in_text(text, self._put))

    def _spread(self, text: str) -> str:
        """Without the secrets that are known already, wherever they stand and whatever they are called there."""
        for secret, placeholder in self._long.items():
            if secret in text:
                text = text.replace(secret, placeholder)
        return text

    def _put(self, name: str, secret: str) -> str:
        is_everyday = name.lower() in _EVERYDAY and (len(secret) < _TOKEN or _ERROR_CODE.fullmatch(secret))
        if not secret or PLACEHOLDER.fullmatch(secret) or is_everyday:
            return secret
        placeholder = self._known.get(secret)
        if placeholder is None:
            placeholder = self._known[secret] = f"devkit-secret-{self.count + 1}"
            if len(secret) >= _SPREAD:
                self._long[secret] = placeholder
                self._fields.clear()
                self.changes += 1
                if len(self._long) > _REMEMBERED:
                    del self._long[next(iter(self._long))]
        return placeholder

    def _put_cookie(self, name: str, secret: str) -> str:
        return secret if len(secret) < _COOKIE and not is_secret(name) else self._put(name, secret)
