"""What our models say: sentences that read like an answer, made of word lists of ours and the words of the question.

No model is behind it: the same question, seed and temperature give the same text, in microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from devkit.effects import Randomness

_TOKEN = re.compile(r"\s?\w{1,8}|\s?[^\w\s]|\s")
TOKEN_CHARACTERS = 9
"""Most characters of a token."""

_COMMON = frozenset(
    """about above after again also answer because been before begin being below between both could does doing down
    each every explain few from further give have having help here into just know like make many me more most much must
    need only other over please same should show some such tell than that their them then there these they thing this
    those through under until very want what when where which while will with would write your yours""".split()  # noqa: SIM905 - a list of quoted words is no easier to read
)
_CODE = re.compile(r"\b(code|function|python|javascript|typescript|sql|script|bug|regex|compile)\b", re.IGNORECASE)
_STEPS = re.compile(r"\b(how|steps?|plan|list|begin|start|guide|recipe)\b", re.IGNORECASE)

_OPENINGS = (
    "That’s a good question.",
    "There are two sides to this.",
    "It depends on what {topic} is meant to do for you.",
    "Let’s take {topic} one step at a time.",
    "In short: start small with {topic}, and look at what happens.",
    "Most people think of {topic} last — it pays to think of it first.",
)
_SENTENCES = (
    "The part about {topic} is usually easier than it looks.",
    "What matters most for {topic} is {quality}, not {quality}.",
    "If {other} is already in place, {topic} follows almost by itself.",
    "People often mix up {topic} and {other}, though the two have little in common.",
    "A rule of thumb: spend twice as long on {other} as you first meant to.",
    "You’ll notice {quality} long before you can measure it.",
    "Keep {topic} and {other} apart, so that a change to one doesn’t break the other.",
    "Whether {topic} works out is mostly a matter of {quality}.",
    "When in doubt, leave {other} for later and write down why.",
    "Somebody who has never seen {topic} should understand it within a minute.",
    "With {quality} and a little luck, {topic} takes an afternoon.",
    "There’s no need to decide about {other} today.",
)
_STEP = (
    "Write down what {topic} has to do, in one sentence.",
    "Look at how others have solved {topic}, and note what they left out.",
    "Choose the smallest piece of {topic} that is useful by itself.",
    "Try it with {other} before you go any further.",
    "Ask somebody else what they make of {topic}.",
    "Throw away what nobody missed.",
    "Repeat this until {quality} stops being the problem.",
    "Put a date on {other}, or it won’t happen.",
)
_CLOSINGS = (
    "Shall I go into {other}?",
    "Tell me more about {topic}, and I can be more precise.",
    "Does that help?",
    "That should be enough to begin with.",
    "If {topic} gives you trouble, come back with an example.",
)
_PROGRAMS = (
    "```python\ndef {name}(items):\n    seen = set()\n    return [item for item in items"
    " if not (item in seen or seen.add(item))]\n```",
    "```python\ndef {name}(text):\n    words = text.split()\n    return {{word: words.count(word) for word in words}}"
    "\n```",
    "```js\nfunction {name}(values) {{\n  return values.filter(Boolean).map((value) => value * 2);\n}}\n```",
    "```sh\nfind . -name '{name}*' -newer last-run | sort | while read -r file; do\n  wc -l \"$file\"\ndone\n```",
)
_REMARKS = (
    "It runs in linear time, as long as {topic} fits into memory.",
    "Mind the empty case: without {topic} it gives back nothing at all.",
    "I’d put a test beside it before touching {other}.",
)
_QUALITIES = (
    "patience", "good light", "a clear goal", "routine", "honest feedback", "timing", "the right order",
    "plain language", "a second pair of eyes", "rest", "curiosity", "a little planning",
)  # fmt: skip
_ELSE = ("the details", "the next step", "the rest", "the budget", "the first draft", "everyday use")


def tokens(text: str) -> list[str]:
    """The text in the pieces that models count and stream; together they are the text."""
    return _TOKEN.findall(text)


class Speaker:
    """Says one answer; `temperature`, from 0 to 2, widens what it chooses from."""

    def __init__(self, chance: Randomness, temperature: float) -> None:
        self._chance = chance
        self._width = 0.4 + 0.3 * temperature
        self._used: set[str] = set()

    def answer(self, question: str) -> str:
        self._topics = _topics(question)
        if _CODE.search(question):
            name = re.sub(r"\W", "_", self._topics[0], flags=re.ASCII).strip("_") or "solve"
            program = self._pick(_PROGRAMS).format(name=name)
            return "\n\n".join([self._say(_OPENINGS), program, self._say(_REMARKS)])
        if _STEPS.search(question):
            steps = [f"{number}. {self._say(_STEP)}" for number in range(1, self._chance.integer(3, 5) + 1)]
            return "\n\n".join([self._say(_OPENINGS), "\n".join(steps), self._say(_CLOSINGS)])
        middle = " ".join(self._say(_SENTENCES) for _ in range(self._chance.integer(3, 6)))
        return f"{self._say(_OPENINGS)} {middle} {self._say(_CLOSINGS)}"

    def _say(self, templates: Sequence[str]) -> str:
        sentence = self._pick(templates)
        while "{" in sentence:
            sentence = sentence.replace("{topic}", self._topics[0], 1)
            sentence = sentence.replace("{other}", self._other(), 1)
            sentence = sentence.replace("{quality}", self._pick(_QUALITIES), 1)
        return sentence[0].upper() + sentence[1:]

    def _other(self) -> str:
        return self._pick(self._topics[1:] or _ELSE)

    def _pick(self, choices: Sequence[str]) -> str:
        """One that was not said yet, as long as there is one."""
        fresh = [choice for choice in choices if choice not in self._used] or list(choices)
        index = int(self._chance.fraction() * max(1.0, len(fresh) * min(1.0, self._width)))
        self._used.add(fresh[index])
        return fresh[index]


def _topics(question: str) -> list[str]:
    """What the question is about: its longest words, without those that every question has."""
    words = dict.fromkeys(re.findall(r"[^\W\d_]{4,20}", question.lower()[:2_000]))
    # A brace is no letter, so none of them can be taken for a slot of a template.
    found = sorted((word for word in words if word not in _COMMON), key=len, reverse=True)
    return found[:4] or ["that"]
