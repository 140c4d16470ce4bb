"""Cookies that the browser does not keep, does not send, or keeps too well: `Set-Cookie` headers that are wrong.

`cookie.samesite`, `cookie.secure` and `cookie.httponly_missing` are for browsers alone: requests, httpx, Node's
libraries and Playwright's `request` keep and send such a cookie as if nothing were wrong, and a drill says so.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from devkit.contract.operations import Need
from devkit.faults.base import Fault
from devkit.faults.hit import Hit
from devkit.faults.parameters import Duration
from devkit.records import dataclass

_LIMIT = 4096
"""Bytes of name and value together; browsers drop what is larger (RFC 6265bis, section 5.6)."""

AttributeValue = Annotated[str, Field(min_length=1, pattern=r"^[^;\x00-\x1f\x7f]+$")]


@dataclass(slots=True)
class SetCookie:
    """A `Set-Cookie` line: `name=value`, and what is said of it."""

    pair: str
    attributes: list[str]

    @classmethod
    def parse(cls, line: str) -> SetCookie:
        pair, *attributes = (part.strip() for part in line.split(";"))
        return cls(pair, attributes)

    @property
    def name(self) -> str:
        return self.pair.partition("=")[0]

    @property
    def clears(self) -> bool:
        """Whether it deletes the cookie."""
        return any(attribute.lower() == "max-age=0" for attribute in self.attributes)

    def drop(self, attribute: str) -> None:
        wanted = attribute.lower()
        self.attributes = [item for item in self.attributes if item.partition("=")[0].lower() != wanted]

    def put(self, attribute: str, value: str | None = None) -> None:
        self.drop(attribute)
        self.attributes.append(attribute if value is None else f"{attribute}={value}")

    def __str__(self) -> str:
        return "; ".join([self.pair, *self.attributes])


class _CookieFault(Fault):
    """Spoils the cookie of that `name`, or every one."""

    needs: ClassVar[tuple[Need, ...]] = (Need.ACCOUNT,)
    bends: ClassVar[str | None] = "Set-Cookie"

    name: Annotated[str, Field(min_length=1)] | None = None

    def on_headers(self, hit: Hit, headers: Any) -> None:
        for line in headers.popall("Set-Cookie", ()):
            cookie = SetCookie.parse(line)
            if self.name not in {None, cookie.name} or self.spoil(cookie):
                headers.add("Set-Cookie", str(cookie))

    def spoil(self, cookie: SetCookie) -> bool:
        """Change it; False takes it away."""
        raise NotImplementedError


class NotSet(_CookieFault):
    """Signing in answers 200, but sets no cookie: the next call is not signed in."""

    kind = "cookie.not_set"

    def spoil(self, cookie: SetCookie) -> bool:
        return cookie.clears


class NotCleared(_CookieFault):
    """Signing out answers as it should, but the browser keeps the cookie and goes on sending it."""

    kind = "cookie.not_cleared"

    def spoil(self, cookie: SetCookie) -> bool:
        return not cookie.clears


class SameSite(_CookieFault):
    """The cookie has this `SameSite`: with `Strict` a link from elsewhere arrives signed out; `None` is dropped by the
    browser unless the cookie is `Secure` too; `missing` leaves the choice to the browser (`Lax` in Chromium). Clients
    that are no browser know no sites and keep it: requests, httpx, Node's, Playwright's `request`.
    """

    kind = "cookie.samesite"
    for_browsers = True
    example: ClassVar = {"value": "None"}

    value: Literal["Strict", "Lax", "None", "missing"]

    def spoil(self, cookie: SetCookie) -> bool:
        if self.value == "missing":
            cookie.drop("SameSite")
        else:
            cookie.put("SameSite", self.value)
        return True


class Secure(_CookieFault):
    """The cookie is `Secure` (then a page on plain http, other than localhost, does not get to keep it), or is not
    (then the browser drops it where it says `SameSite=None`; requests, httpx, Node's and Playwright's `request` keep
    it).
    """

    kind = "cookie.secure"
    for_browsers = True
    example: ClassVar = {"value": False}

    value: bool

    def spoil(self, cookie: SetCookie) -> bool:
        if self.value:
            cookie.put("Secure")
        else:
            cookie.drop("Secure")
        return True


class HttpOnlyMissing(_CookieFault):
    """Scripts can read the cookie: it shows in `document.cookie`."""

    kind = "cookie.httponly_missing"
    for_browsers = True

    def spoil(self, cookie: SetCookie) -> bool:
        cookie.drop("HttpOnly")
        return True


class Domain(_CookieFault):
    """The cookie is meant for this domain. Where that is not the server's own, or a parent of it, the browser drops the
    cookie: signing in answers 200, and the next call is not signed in.
    """

    kind = "cookie.domain"
    example: ClassVar = {"value": "api.example.com"}

    value: AttributeValue

    def spoil(self, cookie: SetCookie) -> bool:
        cookie.put("Domain", self.value)
        return True


class Path(_CookieFault):
    """The browser keeps the cookie, but sends it only to addresses below this path. Signing out with another path
    leaves the cookie where it was.
    """

    kind = "cookie.path"
    example: ClassVar = {"value": "/elsewhere"}

    value: AttributeValue

    def spoil(self, cookie: SetCookie) -> bool:
        cookie.put("Path", self.value)
        return True


class Expiry(_CookieFault):
    """The browser forgets the cookie after this time (whole seconds): from then on calls are not signed in, although
    the session lives.
    """

    kind = "cookie.expiry"
    example: ClassVar = {"max_age": "5s"}

    max_age: Duration

    def spoil(self, cookie: SetCookie) -> bool:
        if not cookie.clears:
            cookie.drop("Expires")
            cookie.put("Max-Age", str(self.max_age // 1000))
        return True


class Oversize(_CookieFault):
    """The cookie is larger than the 4096 bytes that browsers keep, so they drop it without a word: signing in answers
    200, and the next call is not signed in.
    """

    kind = "cookie.oversize"

    def spoil(self, cookie: SetCookie) -> bool:
        if not cookie.clears:
            cookie.pair = cookie.pair.ljust(_LIMIT + 2, "x")
        return True


class Malformed(_CookieFault):
    """The `Set-Cookie` header has no `=`: Chromium keeps it as the value of a cookie without a name (RFC 6265bis,
    section 5.6), Firefox as the name of one without a value, other clients not at all. Signing in answers 200, and the
    next call is not signed in.
    """

    kind = "cookie.malformed"

    def spoil(self, cookie: SetCookie) -> bool:
        if not cookie.clears:
            cookie.pair = cookie.pair.replace("=", " ")
        return True


class Partitioned(_CookieFault):
    """The cookie is `Partitioned`, with what that takes (`Secure; SameSite=None`): the browser keeps one for each site
    that the page is embedded in. Signed in on the page itself, the same app in a frame of another site is not; nor is
    it the other way round.
    """

    kind = "cookie.partitioned"

    def spoil(self, cookie: SetCookie) -> bool:
        cookie.put("SameSite", "None")
        cookie.put("Secure")
        cookie.put("Partitioned")
        return True


class PrefixViolation(_CookieFault):
    """The cookie is called `__Host-…` and is not `Secure`, as that prefix demands (RFC 6265bis, section 4.1.3.2):
    browsers drop it without a word, and other clients often do not. Signing in answers 200, and the next call is not
    signed in.
    """

    kind = "cookie.prefix_violation"

    def spoil(self, cookie: SetCookie) -> bool:
        if not cookie.clears:
            cookie.pair = f"__Host-{cookie.pair}"
            # Firefox lets a `Domain` pass at hosts of one label, as localhost is.
            cookie.drop("Secure")
        return True


class Duplicate(_CookieFault):
    """The cookie is set twice: once as it should be, and once with a value that is none, for the addresses below
    `path` alone. Below it the browser sends both, the longer path first (RFC 6265, section 5.4), and the backend reads
    the first: signing in answers 200, and the calls there are 401.
    """

    kind = "cookie.duplicate"
    example: ClassVar = {"path": "/api"}

    path: AttributeValue = "/api"

    def on_headers(self, hit: Hit, headers: Any) -> None:
        lines = headers.popall("Set-Cookie", ())
        for line in lines:
            headers.add("Set-Cookie", line)
            cookie = SetCookie.parse(line)
            if self.name in {None, cookie.name} and not cookie.clears:
                cookie.pair = f"{cookie.name}=stale"
                cookie.put("Path", self.path)
                headers.add("Set-Cookie", str(cookie))


KINDS = (
    Partitioned,
    PrefixViolation,
    Duplicate,
    NotSet,
    NotCleared,
    SameSite,
    Secure,
    HttpOnlyMissing,
    Domain,
    Path,
    Expiry,
    Oversize,
    Malformed,
)
