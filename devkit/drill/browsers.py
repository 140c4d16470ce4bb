"""Which answers a browser gives to the page: only it knows CORS, and it tells the page nothing of what it refused."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

Headers = Mapping[str, str]


def is_browser(headers: Headers) -> bool:
    """Whether a browser sent it: by `Sec-Fetch-Site`, which no page can set (Fetch Metadata, section 2.3) and which
    browsers leave out on plain http to other machines; there by `Origin` and the name they all begin with.
    """
    if "Sec-Fetch-Site" in headers:
        return True
    return "Origin" in headers and headers.get("User-Agent", "").startswith("Mozilla/5.0")


def may_read(request: Headers, response: Headers) -> bool:
    """Whether the page is given the answer (the Fetch standard, "CORS check"). Cookies tell that a call was made with
    credentials, which are checked more strictly. Where there are none yet it is taken as made with them, unless it
    brings a token of its own.
    """
    origin = request.get("Origin")
    if origin is None or not _crosses(request, origin) or request.get("Sec-Fetch-Mode", "cors") != "cors":
        return True
    # Two lines are one list, and a list of origins is no origin.
    allowed = ", ".join(value for name, value in response.items() if name.lower() == "access-control-allow-origin")
    if "Cookie" not in request and "Authorization" in request:
        return allowed in {origin, "*"}
    return allowed == origin and response.get("Access-Control-Allow-Credentials") == "true"


def _crosses(request: Headers, origin: str) -> bool:
    site = request.get("Sec-Fetch-Site")
    return site != "same-origin" if site is not None else urlsplit(origin).netloc != request.get("Host", "")
