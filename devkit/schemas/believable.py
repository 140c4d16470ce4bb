"""What somebody would write in a field, told by its name and its format: people have names, prices two decimals.

Faker is imported when the first `Author` is made. Addresses are those of RFC 2606 and RFC 5737, which are nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

from devkit.effects import DAY, MINUTE, SECOND, Instant, Randomness, isoformat

if TYPE_CHECKING:
    from faker import Faker

T = TypeVar("T")

_PAST = 120 * DAY
_FUTURE = 60 * DAY
_SPLIT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PEOPLE = frozenset(
    _words(
        "user customer person people member author contact employee owner account student teacher patient doctor driver"
        " client guest passenger assignee reviewer profile creator sender recipient participant friend player buyer"
    )
)
_COMPANIES = frozenset(
    _words("company organization organisation vendor supplier brand employer merchant store shop manufacturer")
)
_ADJECTIVES = _words("Quiet Bright Northern Simple Golden Rapid Gentle Solid Blue Little Clever Amber")
_THINGS = _words("Lamp Harbour Notebook Bicycle Kettle Compass Garden Chair Lantern River Backpack Studio")
_PETS = _words("Luna Milo Bella Oscar Nala Simba Coco Rocky Daisy Felix")
_CURRENCIES = _words("EUR USD GBP CHF JPY SEK")
_LANGUAGES = _words("en de fr es it nl pt")
_ZONES = _words("Europe/Berlin Europe/Paris America/New_York Asia/Tokyo")
_STATUSES = _words("active pending completed archived")
_COLOURS = _words("red green blue orange purple teal yellow grey")
_KINDS = _words("standard basic premium custom")
_TOPICS = _words("design travel music garden books sports food history")
_FUTURE_WORDS = frozenset(
    _words("due expires expiry expiration expire until end ends scheduled deadline next renews upcoming delivery reset")
)
_CHANGE_WORDS = frozenset(_words("updated modified changed edited pushed completed closed shipped last"))
_TIME_WORDS = _FUTURE_WORDS | frozenset(_words("at date time timestamp datetime created updated modified since"))


@lru_cache(4096)
def words_of(name: str) -> tuple[str, ...]:
    """`billingFirstName`, `billing_first_name` and `billing-first-name` as their words."""
    return tuple(word.lower() for word in _SPLIT.findall(name))


class Author:
    """Writes the fields of one thing, so that they agree: an address is the name's, nothing changes before it is made.

    The same randomness writes the same. `now` is the sandbox's present.
    """

    def __init__(self, faker: Faker, randomness: Randomness, now: Instant, of: str = "") -> None:
        """`of` is what the thing is called, such as `Customer`."""
        self.faker, self.randomness, self.now = faker, randomness, now
        self.of = words_of(of)

    def pick(self, several: Sequence[T]) -> T:
        return several[self.randomness.integer(0, len(several) - 1)]

    @cached_property
    def first(self) -> str:
        return str(self._seeded.first_name())

    @cached_property
    def last(self) -> str:
        return str(self._seeded.last_name())

    @cached_property
    def created(self) -> Instant:
        return self.now - self.randomness.integer(3 * DAY, _PAST)

    @cached_property
    def city(self) -> str:
        return str(self._seeded.city())

    @property
    def _seeded(self) -> Faker:
        """Faker, about to draw what no other draw of ours moved."""
        self.faker.seed_instance(self.randomness.integer(0, 2**63))
        return self.faker

    def thing(self) -> str:
        return f"{self.pick(_ADJECTIVES)} {self.pick(_THINGS)}"

    def sentence(self) -> str:
        return str(self._seeded.sentence(8))

    def word(self) -> str:
        return str(self._seeded.word())

    def hexadecimal(self, count: int) -> str:
        return self.randomness.bytes((count + 1) // 2).hex()[:count]

    def handle(self) -> str:
        return re.sub(r"[^a-z.]", "", f"{self.first}.{self.last}".lower())

    def email(self) -> str:
        return f"{self.handle()}@{self.pick(('example.com', 'example.org', 'example.net'))}"

    def name(self, words: Sequence[str]) -> str:
        """A name of whatever the thing is."""
        kinds = {word.rstrip("s") for word in (*self.of, *words)} | {*self.of, *words}
        if kinds & _PEOPLE:
            return f"{self.first} {self.last}"
        if kinds & _COMPANIES:
            return str(self._seeded.company())
        if kinds & {"pet", "cat", "dog"}:
            return self.pick(_PETS)
        return self.city if kinds & {"city", "town"} else self.thing()

    def instant(self, words: Sequence[str]) -> Instant:
        """A moment near the present, as the field's name has it."""
        told = set(words)
        if told & {"birth", "birthday", "dob", "born"}:
            return self.now - self.randomness.integer(18 * 365, 70 * 365) * DAY
        if told & _CHANGE_WORDS or (told & _TIME_WORDS and not told & ({"created", "date"} | _FUTURE_WORDS)):
            return self.randomness.integer(self.created, self.now)
        if told & _FUTURE_WORDS:
            return self.now + self.randomness.integer(DAY, _FUTURE)
        return self.created

    def of_format(self, kind: str, name: str) -> str | None:
        """A text of one of JSON Schema's formats (validation, section 7.3), or of those that OpenAPI's users write."""
        written = _FORMATS.get(kind)
        return written(self, words_of(name)) if written else None

    def of_name(self, name: str) -> str | None:
        """A text as that field would have; None where its name tells nothing."""
        words = words_of(name)
        for start in range(len(words)):
            written = _TEXTS.get("_".join(words[start:]))
            if written is not None:
                return written(self, words)
        return isoformat(self.instant(words)) if words and words[-1] in _TIME_WORDS else None

    def number(self, name: str, *, whole: bool) -> float | None:
        """A number as that field would have; None where its name tells nothing."""
        words = words_of(name)
        for word in reversed(words):
            if word in _NUMBERS:
                low, high, places = _NUMBERS[word]
                if whole or not places:
                    return self.randomness.integer(round(low), round(high))
                return round(low + (high - low) * self.randomness.fraction(), places)
        if "year" in words:
            return datetime.fromtimestamp(self.now / 1000, UTC).year - self.randomness.integer(0, 12)
        return self.instant(words) // SECOND if whole and words and words[-1] in _TIME_WORDS else None

    def boolean(self, name: str) -> bool:
        words = set(words_of(name))
        if words & {"deleted", "archived", "disabled", "hidden", "locked", "blocked", "suspended", "draft", "expired"}:
            return self.randomness.integer(1, 10) == 1
        if words & {"active", "enabled", "verified", "visible", "available", "public", "confirmed", "success", "ok"}:
            return self.randomness.integer(1, 10) > 2
        return self.randomness.integer(0, 1) == 1


Write = Callable[[Author, Sequence[str]], str]


def _day(author: Author, words: Sequence[str]) -> str:
    return isoformat(author.instant(words))[:10]


def _time(author: Author, words: Sequence[str]) -> str:
    return isoformat(author.instant(words) // (5 * MINUTE) * 5 * MINUTE)[11:19] + "Z"


def _address(author: Author, words: Sequence[str]) -> str:
    """A URL: a picture's where the name says so."""
    if set(words) & {"avatar", "image", "img", "photo", "picture", "thumbnail", "logo", "icon", "cover", "banner"}:
        return _picture(author, words)
    return f"https://example.com/{_slug(author, words)}"


def _picture(author: Author, words: Sequence[str]) -> str:
    size = "200/200" if set(words) & {"avatar", "logo", "icon", "thumbnail"} else "640/480"
    return f"https://picsum.photos/seed/{author.hexadecimal(6)}/{size}"


def _slug(author: Author, words: Sequence[str]) -> str:
    del words
    return author.thing().lower().replace(" ", "-")


def _phone(author: Author, words: Sequence[str]) -> str:
    """One of those that are kept for fiction (E.164 in form)."""
    del words
    return f"+1202555{author.randomness.integer(100, 199):04d}"


def _code(author: Author, words: Sequence[str]) -> str:
    head = next((word for word in (*author.of, *words) if len(word) > 2), "ref")[:3].upper()
    return f"{head}-{author.randomness.integer(1000, 9999)}"


def _country(author: Author, words: Sequence[str]) -> str:
    return author._seeded.country_code() if "code" in words else str(author._seeded.current_country())


def _of(several: Sequence[str]) -> Write:
    return lambda author, _: author.pick(several)


def _faked(method: str) -> Write:
    return lambda author, _: str(getattr(author._seeded, method)()).replace("\n", ", ")


def _keyed(keys: str, write: Write) -> dict[str, Write]:
    return dict.fromkeys(keys.split(), write)


_FORMATS: Mapping[str, Write] = {
    **_keyed("email idn-email", lambda author, _: author.email()),
    "date-time": lambda author, words: isoformat(author.instant(words)),
    "date": _day,
    "time": _time,
    "duration": lambda author, _: f"PT{author.randomness.integer(1, 48)}H",
    **_keyed("uri url iri uri-reference iri-reference http-url", _address),
    "uri-template": lambda *_: "https://example.com/{id}",
    **_keyed("uuid guid", lambda author, _: author.randomness.uuid()),
    **_keyed("hostname idn-hostname", lambda author, words: f"{_slug(author, words)}.example.com"),
    "ipv4": lambda author, _: f"192.0.2.{author.randomness.integer(1, 254)}",
    "ipv6": lambda author, _: f"2001:db8::{author.randomness.integer(1, 0xFFFF):x}",
    "ip": lambda author, _: f"192.0.2.{author.randomness.integer(1, 254)}",
    "json-pointer": lambda author, _: f"/{author.word()}",
    "relative-json-pointer": lambda author, _: f"0/{author.word()}",
    "regex": lambda *_: "^[a-z]+$",
    "byte": lambda *_: "SGVsbG8sIHdvcmxk",
    "binary": lambda author, _: author.word(),
    "password": lambda author, _: f"Secret-{author.randomness.integer(1000, 9999)}",
    **_keyed("phone tel phone-number", _phone),
    **_keyed("color colour", lambda author, _: f"#{author.hexadecimal(6)}"),
    **_keyed("slug", _slug),
    "currency": _of(_CURRENCIES),
    "country": _faked("country_code"),
    **_keyed("decimal", lambda author, _: f"{author.randomness.integer(100, 20_000) / 100:.2f}"),
}

_TEXTS: Mapping[str, Write] = {
    **_keyed("first_name firstname given_name givenname forename", lambda author, _: author.first),
    **_keyed("last_name lastname surname family_name familyname", lambda author, _: author.last),
    **_keyed("full_name fullname display_name displayname owner_name author assignee contact customer_name cardholder",
             lambda author, _: f"{author.first} {author.last}"),
    "name": lambda author, words: author.name(words[:-1]),
    **_keyed("username user_name login handle nickname nick screen_name", lambda author, _: author.handle()),
    **_keyed("email mail email_address e_mail", lambda author, _: author.email()),
    **_keyed("phone phone_number mobile telephone tel fax cell", _phone),
    **_keyed("street street_address address_line_1 address_line1 address1 line_1 line1", _faked("street_address")),
    **_keyed("address_line_2 address_line2 address2 line_2 line2", _faked("secondary_address")),
    "address": lambda author, _: f"{author._seeded.street_address()}, {author.city}",
    **_keyed("city town locality", lambda author, _: author.city),
    **_keyed("province region county", _faked("state")),
    **_keyed("zip zip_code zipcode postal_code postcode postal", _faked("postcode")),
    **_keyed("country", _country),
    **_keyed("country_code countrycode", _faked("country_code")),
    **_keyed("currency currency_code", _of(_CURRENCIES)),
    **_keyed("language lang", _of(_LANGUAGES)),
    **_keyed("locale", lambda author, _: author.pick(("en-US", "en-GB", "de-DE", "fr-FR", "es-ES"))),
    **_keyed("timezone time_zone tz", _of(_ZONES)),
    **_keyed("company company_name organization organisation employer vendor supplier manufacturer brand merchant",
             _faked("company")),
    **_keyed("job job_title occupation position profession", _faked("job")),
    **_keyed("role", lambda author, _: author.pick(("member", "editor", "admin"))),
    **_keyed("title headline subject label caption product item", lambda author, _: author.thing()),
    **_keyed("description summary bio about text message comment note notes excerpt details detail reason",
             lambda author, _: author.sentence()),
    **_keyed("body content article", lambda author, _: f"{author.sentence()} {author.sentence()}"),
    **_keyed("slug permalink", _slug),
    **_keyed("url uri link href website homepage site", _address),
    **_keyed("avatar image img photo picture thumbnail logo icon cover banner", _picture),
    **_keyed("color colour", _of(_COLOURS)),
    **_keyed("status state", _of(_STATUSES)),
    **_keyed("type kind tier plan level", _of(_KINDS)),
    **_keyed("category tag tags topic genre department keyword", _of(_TOPICS)),
    **_keyed("sku code reference ref number barcode coupon", _code),
    **_keyed("token secret hash sha checksum etag signature digest", lambda author, _: author.hexadecimal(40)),
    **_keyed("uuid guid", lambda author, _: author.randomness.uuid()),
    **_keyed("id ids key", lambda author, _: author.hexadecimal(12)),
    **_keyed("ip ip_address ipaddress ipv4", lambda author, _: f"192.0.2.{author.randomness.integer(1, 254)}"),
    **_keyed("hostname host domain", lambda author, words: f"{_slug(author, words)}.example.com"),
    **_keyed("user_agent useragent", lambda *_: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
    **_keyed("filename file_name file", lambda author, words: f"{_slug(author, words)}.pdf"),
    **_keyed("path", lambda author, words: f"/{_slug(author, words)}"),
    **_keyed("mime_type mimetype content_type contenttype media_type", lambda *_: "application/json"),
    **_keyed("version", lambda author, _: f"{author.randomness.integer(0, 4)}.{author.randomness.integer(0, 20)}.0"),
    **_keyed("gender", lambda author, _: author.pick(("female", "male", "non-binary"))),
    **_keyed("last4 last_4", lambda author, _: f"{author.randomness.integer(0, 9999):04d}"),
    **_keyed("iban", _faked("iban")),
    **_keyed("isbn", _faked("isbn13")),
    **_keyed("price amount total cost fee", lambda author, _: f"{author.randomness.integer(100, 20_000) / 100:.2f}"),
    **_keyed("birthday birth_date birthdate date_of_birth dob", _day),
}  # fmt: skip
"""By the last words of a field's name, the longest that are known."""

_NUMBERS: Mapping[str, tuple[float, float, int]] = {
    **dict.fromkeys(_words("price cost fee amount subtotal total tax balance revenue"), (4.0, 400.0, 2)),
    **dict.fromkeys(("salary", "income", "budget"), (24_000, 120_000, 0)),
    **dict.fromkeys(("quantity", "qty", "count", "stock", "inventory", "likes", "views", "comments"), (0, 60, 0)),
    "age": (18, 80, 0),
    **dict.fromkeys(("rating", "stars", "score"), (1.0, 5.0, 1)),
    **dict.fromkeys(("percent", "percentage", "progress", "discount"), (0.0, 100.0, 1)),
    **dict.fromkeys(("lat", "latitude"), (-60.0, 70.0, 5)),
    **dict.fromkeys(("lng", "lon", "long", "longitude"), (-170.0, 170.0, 5)),
    **dict.fromkeys(("width", "height"), (120, 1600, 0)),
    **dict.fromkeys(("size", "bytes"), (1_000, 900_000, 0)),
    **dict.fromkeys(("weight", "length", "distance"), (0.5, 80.0, 2)),
    **dict.fromkeys(("duration", "seconds", "minutes"), (5, 600, 0)),
    "port": (1024, 65_535, 0),
    **dict.fromkeys(("id", "ids"), (1, 9_999, 0)),
    **dict.fromkeys(("position", "order", "index", "rank", "sort"), (1, 20, 0)),
    **dict.fromkeys(("page", "version", "revision", "priority", "level"), (1, 5, 0)),
    **dict.fromkeys(("limit", "size"), (10, 100, 0)),
}  # fmt: skip
"""From, to, and decimals."""


def faker() -> Faker:
    """One of one's own: the shared one is everybody's, and others may draw from it."""
    from faker import Faker

    return Faker("en_US")
