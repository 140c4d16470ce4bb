"""Tasks as people write them: "Send Dana the revised quote", made of word lists of ours and Faker's names.

The same number gives the same phrases in the same order. Faker is imported when a `Phrases` is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faker import Faker

_TITLES = (
    "Call {first} about {topic}",
    "Ask {first} to review {document}",
    "Send {first} {document}",
    "Reply to {last} Ltd. about {topic}",
    "Thank {first} for help with {topic}",
    "Plan {event} with {first}",
    "Book a room for {event}",
    "Write the agenda for {event}",
    "Draft {document}",
    "Proofread {document} before {event}",
    "Print {document} for {first}",
    "Fix {defect}",
    "Write a test for {defect}",
    "Find out what causes {defect}",
    "Show {first} how to reproduce {defect}",
    "Buy {thing}",
    "Order {thing} for {event}",
    "Return {thing} to {first}",
    "Compare prices of {thing}",
    "Pick up {thing} from {first}'s place",
)
_DESCRIPTIONS = (
    "{first} needs it before {event}.",
    "Needed for {event}, so not at the last minute.",
    "{first} knows the details; ask before starting.",
    "Half of it is done: the rest is in {document}.",
    "See the notes in {document}. {first} {last} has the newest copy.",
    "Came up in {event}. Nobody else has taken it.",
    "Should take an hour, unless {defect} gets in the way.",
    "Wait for {first}'s answer about {topic} first.",
    "Compare with {document} and write down what differs.",
    "Second attempt. Last time {topic} was not settled.",
)
_WORDS = {
    "topic": (
        "the new prices", "the holiday plan", "the delivery date", "next month's rota", "the office key", "parking",
        "the travel costs", "the open invoice", "the colour of the logo", "the insurance", "the move to Lisbon",
        "the broken heating", "the trial account", "the missing receipt", "the onboarding", "the phone contract",
    ),
    "document": (
        "the revised quote", "the quarterly report", "the slides", "the meeting notes", "the floor plan", "the budget",
        "the style guide", "the release notes", "the contract", "the survey results", "the packing list",
        "the test plan", "the draft invitation", "the price list", "the job advert", "the user guide",
    ),
    "event": (
        "the Monday meeting", "the product demo", "the team lunch", "the garden party", "the board meeting",
        "the workshop", "the trade fair", "the school concert", "the sprint review", "the open day", "the move",
        "the interview on Thursday", "the summer trip", "the annual audit", "the book club", "the release",
    ),
    "defect": (
        "the login redirect loop", "the blurry logo", "the wrong total in the cart", "the lost upload",
        "the slow search page", "the broken link in the footer", "the missing translation", "the date off by one",
        "the double submit button", "the memory leak in the worker", "the empty error message", "the jumping header",
        "the cut-off table on phones", "the stale cache", "the failing nightly build", "the unreadable dark mode",
    ),
    "thing": (
        "a birthday present", "printer paper", "coffee beans", "new headphones", "train tickets", "a spare charger",
        "paint for the fence", "a desk lamp", "tomato plants", "a bicycle pump", "sticky notes", "batteries",
        "a second monitor", "hiking boots", "a thank-you card", "a whiteboard",
    ),
}  # fmt: skip


class Phrases:
    """Titles, descriptions and names that repeat with `number`."""

    def __init__(self, number: int) -> None:
        from faker import Faker

        self._faker: Faker = Faker("en_US")
        # An instance's own generator: Faker's shared one is everybody's, and others may have drawn from it.
        self._faker.seed_instance(number)

    def title(self) -> str:
        return self._fill(_TITLES)

    def description(self) -> str:
        return self._fill(_DESCRIPTIONS)

    def first_name(self) -> str:
        return str(self._faker.first_name())

    def last_name(self) -> str:
        return str(self._faker.last_name())

    def _fill(self, templates: tuple[str, ...]) -> str:
        return str(self._faker.random.choice(templates)).format_map(_Draw(self, self._faker.random))


class _Draw(dict[str, str]):
    """What stands for a slot: drawn when the template asks, for a name costs more than all the rest."""

    def __init__(self, phrases: Phrases, chance: Any) -> None:
        super().__init__()
        self._phrases, self._chance = phrases, chance

    def __missing__(self, slot: str) -> str:
        if slot == "first":
            return self._phrases.first_name()
        if slot == "last":
            return self._phrases.last_name()
        return str(self._chance.choice(_WORDS[slot]))
