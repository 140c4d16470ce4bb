"""Cookies as a browser reads, keeps and sends them (RFC 6265, sections 5.2 to 5.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One `Set-Cookie` line. `attributes` are by their names in small letters, those without a value empty."""

    line: str
    name: str
    value: str
    attributes: Mapping[str, str]

    @property
    def clears(self) -> bool:
        """Whether it takes the cookie away rather than setting one."""
        age = self.attributes.get("max-age")
        if age is not None:
            return age.lstrip("-").isdigit() and int(age) <= 0
        return "1970" in self.attributes.get("expires", "")

    def has(self, attribute: str) -> bool:
        return attribute.lower() in self.attributes

    def get(self, attribute: str) -> str:
        return self.attributes.get(attribute.lower(), "")


def parsed(line: str) -> SetCookie:
    first, *rest = line.split(";")
    name, equals, value = first.partition("=")
    attributes = {}
    for one in rest:
        key, _, said = one.partition("=")
        attributes[key.strip().lower()] = said.strip()
    return SetCookie(line, name.strip() if equals else "", (value if equals else name).strip(), attributes)


class Jar:
    """The cookies of one browser for one host. `secure`: that host is reached by TLS, or is this machine."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._kept: dict[tuple[str, str], SetCookie] = {}

    def take(self, lines: list[str], path: str) -> None:
        """Keep what an answer to a request for that path sets."""
        for line in lines:
            cookie = parsed(line)
            if cookie.has("secure") and not self._secure:
                continue
            given = cookie.get("path")
            place = given if given.startswith("/") else default_path(path)
            if cookie.clears:
                self._kept.pop((cookie.name, place), None)
            else:
                self._kept[cookie.name, place] = cookie

    def header(self, path: str) -> str:
        """The `Cookie` field of a request for that path; empty for none. Longer paths come first."""
        fit = [(place, one) for (_, place), one in self._kept.items() if matches(place, path)]
        fit.sort(key=lambda pair: -len(pair[0]))
        return "; ".join(f"{one.name}={one.value}" for _, one in fit)

    def __iter__(self) -> Iterator[SetCookie]:
        return iter(self._kept.values())

    def find(self, name: str) -> SetCookie | None:
        return next((one for (key, _), one in self._kept.items() if key == name), None)

    def drop(self, name: str) -> None:
        for key in [key for key in self._kept if key[0] == name]:
            del self._kept[key]

    def copy(self) -> Jar:
        other = Jar(secure=self._secure)
        other._kept = dict(self._kept)
        return other

    def __len__(self) -> int:
        return len(self._kept)


def default_path(path: str) -> str:
    """RFC 6265, section 5.1.4."""
    head = path.partition("?")[0].rpartition("/")[0]
    return head or "/"


def matches(place: str, path: str) -> bool:
    """The same section."""
    path = path.partition("?")[0]
    return path == place or (path.startswith(place) and (place.endswith("/") or path[len(place) :].startswith("/")))
