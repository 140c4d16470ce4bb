"""What somebody who talks to the task bot wants: a small grammar of English, read without regard to case.

Whatever is said means something, `Unknown` at the least. What a task is called stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from devkit.records import dataclass

Manner = Literal["greeting", "thanks", "help", "cancel"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A task as it was spoken of: by words of its title, by its `number` in what was shown last (-1: the last one), or
    as the one that was talked `about` just now.
    """

    text: str = ""
    number: int | None = None
    about: bool = False


@dataclass(frozen=True, slots=True)
class Add:
    title: str
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """List tasks: those done, those not, or all (None), perhaps only of a priority or with certain words."""

    completed: bool | None = None
    priority: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    task: Reference
    completed: bool = True


@dataclass(frozen=True, slots=True)
class Rename:
    """`readings` are the ways to tell the task from its new title, for both may have a `to` in them; best first."""

    readings: tuple[tuple[Reference, str], ...]


@dataclass(frozen=True, slots=True)
class Prioritise:
    task: Reference
    priority: str


@dataclass(frozen=True, slots=True)
class Delete:
    task: Reference


@dataclass(frozen=True, slots=True)
class Choose:
    """An answer to "which one": numbers in what was shown (-1: the last one); none of them means all."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Manners:
    kind: Manner


@dataclass(frozen=True, slots=True)
class Unknown:
    text: str


Intent = Add | Show | Complete | Rename | Prioritise | Delete | Choose | Manners | Unknown

_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_NUMBER = rf"(?:(?:the|number|no\.?|#)\s*)*(\d{{1,3}}(?:st|nd|rd|th)?|{'|'.join(_ORDINALS)}|last)(?:\s+(?:one|task))?"
_POLITE = re.compile(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|and|now|bot|(?:can|could|would|will) you|i(?:'d| would) like (?:you )?to"
    r"|i want (?:you )?to|let'?s)[\s,]+)+",
    re.IGNORECASE,
)
_PLEASE = re.compile(r"[\s,]+(?:please|thanks|thank you|for me)$", re.IGNORECASE)
_PRIORITY = r"(high|medium|low|urgent|normal)"
_PRIORITIES = {"urgent": "high", "normal": "medium"}
_TO_THE_LIST = re.compile(
    r"\s+(?:to|on|onto|in) (?:my|the) (?:\w+ )?(?:list|tasks?|to-?dos?|to-?do list|task list)$", re.IGNORECASE
)
_FROM_THE_LIST = re.compile(
    r"\s+(?:from|off|in|on) (?:my|the) (?:list|tasks?|to-?dos?|to-?do list|task list)$", re.IGNORECASE
)
_WITH_PRIORITY = re.compile(rf"[\s,]+(?:with |at |as )?(?:an? )?{_PRIORITY} priority[.!?]*$", re.IGNORECASE)

_DONE = {"done", "completed", "complete", "finished", "closed", "ticked", "checked"}
_OPEN = {
    "open", "pending", "incomplete", "todo", "to-do", "left", "outstanding", "remaining", "unfinished", "undone",
    "active", "due",
}  # fmt: skip
_LISTING = {"show", "list", "display", "view", "see", "what", "what's", "whats", "which", "how", "any", "get", "give"}
_LISTED = {"task", "tasks", "todos", "to-dos", "items", "list", "things", "everything", "all"}
_FILLERS = {
    "me", "my", "all", "the", "of", "is", "are", "do", "i", "have", "got", "on", "still", "a", "to", "many", "there",
    "be", "that", "were", "was", "far", "so", "with", "in", "right", "now", "much", "need", "been", "already", "not",
}  # fmt: skip
_SMALL_TALK: tuple[tuple[Manner, str], ...] = (
    ("greeting", r"(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day))(?: there| bot| everyone)?"),
    (
        "thanks",
        r"(?:many )?(?:thanks|thank you|thx|cheers|great|perfect|nice)(?: a lot| so much| very much)?",
    ),
    ("help", r"help(?: me)?|what can you do(?: for me)?|how does (?:this|it) work|what do you understand|commands"),
    ("cancel", r"never ?mind|cancel|stop|no|nope|none(?: of (?:them|these))?|neither|forget it|leave it"),
)


def understand(text: str) -> Intent:
    """The intent of a message."""
    said = " ".join(text.split())
    # "Hello!" and "How are you?" are no more and no less without; a title may end as it likes.
    bare = said.rstrip(" .!?,;:").casefold()
    for kind, pattern in _SMALL_TALK:
        if re.fullmatch(pattern, bare):
            return Manners(kind)
    polite = _PLEASE.sub("", _POLITE.sub("", said))
    return _choice(polite) or _command(polite) or Unknown(said)


def _command(said: str) -> Intent | None:
    for pattern, make in _COMMANDS:
        found = pattern.fullmatch(said)
        if found and (intent := make(found)):
            return intent
    return _listing(said)


def _choice(said: str) -> Choose | None:
    plain = said.rstrip(" .!").casefold()
    if re.fullmatch(r"(?:all|both|every one|each)(?: of (?:them|these|those))?(?: tasks)?", plain):
        return Choose(())
    parts = re.split(r"\s*(?:,|\band\b|&)\s*", plain)
    if all(re.fullmatch(_NUMBER, part) for part in parts):
        return Choose(tuple(_number(part) for part in parts))
    return None


def _number(words: str) -> int:
    found = re.fullmatch(_NUMBER, words)
    word = found[1] if found else ""
    if word == "last":
        return -1
    return _ORDINALS.index(word) + 1 if word in _ORDINALS else int(re.sub(r"\D", "", word))


def reference(words: str) -> Reference:
    """The task that these words speak of."""
    words = _FROM_THE_LIST.sub("", words.strip()).strip().rstrip(".!?,;:").strip()
    quoted = re.fullmatch(r"[\"'“”‘’«»](.+)[\"'“”‘’«»]", words)
    if quoted:
        return Reference(quoted[1].strip())
    plain = words.casefold()
    if plain in {"", "it", "that", "this", "that one", "this one", "that task", "this task", "the task", "task"}:
        return Reference(about=True)
    words = re.sub(r"^(?:the |my |a )?task (?:called |named |titled )?(?=\S)", "", words, flags=re.IGNORECASE)
    if re.fullmatch(_NUMBER, words.casefold()):
        return Reference(words, _number(words.casefold()))
    words = re.sub(r"^(?:the|my)\s+(?=\S)", "", words, flags=re.IGNORECASE)
    words = re.sub(r"(?<=\S)\s+task$", "", words, flags=re.IGNORECASE)
    return Reference(words.strip("\"'“”‘’«» ") or words)


def title(words: str) -> str:
    """A title out of what was said."""
    words = _TO_THE_LIST.sub("", words.strip().rstrip(".!").strip())
    words = re.sub(r"^(?:an?|the)?\s*(?:new )?(?:task|to-?do|reminder)(?: (?:called|named|titled|to|for|that says))?"
                   r"(?:\s*:\s*|\s+(?=\S)|$)", "", words, flags=re.IGNORECASE)  # fmt: skip
    quoted = re.fullmatch(r"[\"'“”‘’«»](.+)[\"'“”‘’«»]", words.strip())
    return (quoted[1] if quoted else words).strip(" :")


def _add(found: re.Match[str]) -> Intent:
    words, priority = found["what"] or "", None
    if ranked := _WITH_PRIORITY.search(words):
        words, priority = words[: ranked.start()], _rank(ranked[1])
    elif ranked := re.match(rf"(?:an? )?{_PRIORITY}(?: priority)?(?= (?:task|to-?do)\b)\s*", words, re.IGNORECASE):
        words, priority = words[ranked.end() :], _rank(ranked[1])
    return Add(title(words), priority)


def _rank(word: str) -> str:
    return _PRIORITIES.get(word.casefold(), word.casefold())


def _rename(found: re.Match[str]) -> Intent | None:
    words = found["what"]
    splits = [split.span() for split in re.finditer(r"\s+(?:to|into|as)\s+", words, re.IGNORECASE)]
    # The longest name first: "go to town to walk" speaks of the task "go to town" rather than of one called "go".
    readings = [(reference(words[:start]), title(words[end:])) for start, end in reversed(splits)]
    return Rename(tuple(readings)) if readings else None


def _listing(said: str) -> Show | None:
    """A question for tasks: nothing but words that belong to one."""
    plain = said.rstrip(" ?.!").casefold()
    if about := re.fullmatch(
        r"(?:find|search|search for|look for|(?:show|list|any|what|which)(?: me)?(?: all)?(?: my| the)? tasks"
        r" (?:about|with|containing|for))\s+(?P<words>.+)",
        plain,
    ):
        return Show(words=about["words"].strip("\"' "))
    words = plain.replace(",", " ").split()
    priority = next((_rank(word) for word in words if re.fullmatch(_PRIORITY, word)), None)
    known = _DONE | _OPEN | _LISTED | _FILLERS | _LISTING | {"priority", "high", "medium", "low", "urgent", "normal"}
    asks = bool(words) and (words[0] in _LISTING or bool(_LISTED & set(words)) or words[:3] == ["do", "i", "have"])
    if not asks or not set(words) <= known or not (_LISTED | _DONE | _OPEN) & set(words) | ({"i"} & set(words)):
        return None
    done, still = bool(_DONE & set(words)), bool(_OPEN & set(words)) or words[-2:] == ["to", "do"]
    if "not" in words:
        done, still = False, True
    return Show(None if done is still else done, priority)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_UNDONE = r"(?:not (?:done|completed?|finished)|undone|open|incomplete|pending|to-?do)"
_COMMANDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Intent | None]], ...] = (
    (
        _compiled(rf"(?:mark|set) (?P<what>.+?) (?:as |to )?{_UNDONE}\W*"),
        lambda found: Complete(reference(found["what"]), completed=False),
    ),
    (
        _compiled(r"(?:re-?open|undo|uncheck|untick|un-?complete)(?: (?P<what>.+))?"),
        lambda found: Complete(reference(found["what"] or ""), completed=False),
    ),
    (
        _compiled(r"(?:mark|set) (?P<what>.+?) (?:as |to )?(?:done|completed?|finished)\W*"),
        lambda found: Complete(reference(found["what"])),
    ),
    (
        _compiled(
            r"(?:(?:i(?: have|'ve|’ve)? (?:just )?)?(?:done|finished|completed)(?: with)?|complete|finish"
            r"|check(?: off)?|tick(?: off)?|close)(?:[\s:]+(?P<what>.+))?"
        ),
        lambda found: Complete(reference(found["what"] or "")),
    ),
    (
        _compiled(rf"(?:set|change|make) (?:the )?priority (?:of|for) (?P<what>.+?) (?:to|as) {_PRIORITY}\W*"),
        lambda found: Prioritise(reference(found["what"]), _rank(found[2])),
    ),
    (
        _compiled(rf"(?:make|mark|set) (?P<what>.+?) (?:as |to )?(?:an? )?{_PRIORITY}(?: priority)?\W*"),
        lambda found: Prioritise(reference(found["what"]), _rank(found[2])),
    ),
    (_compiled(r"(?:rename|retitle|(?:change|update|edit)(?: the (?:title|name) of)?) (?P<what>.+)"), _rename),
    (
        _compiled(r"(?:delete|remove|drop|erase|scrap|get rid of|forget about)(?:[\s:]+(?P<what>.+))?"),
        lambda found: Delete(reference(found["what"] or "")),
    ),
    (_compiled(r"(?:add|create|remember|note|new task|to-?do)(?:(?:\s*:\s*|\s+)(?:to )?(?P<what>.+))?"), _add),
    (
        _compiled(
            r"(?:make|put|insert|start)"
            r" (?P<what>(?:(?:an? )?(?:new )?(?:task|to-?do|reminder)\b.*|.+ on (?:my|the) .*list))"
        ),
        _add,
    ),
    (
        _compiled(
            r"(?:remind me (?:to|about|of)|(?:do not|don'?t|don’t) (?:let me )?forget (?:to|about)"
            r"|i (?:need|have|must) to|i must|i should) (?P<what>.+)"
        ),
        _add,
    ),
    (
        _compiled(r"(?P<what>.+?) (?:is|are|was|has been) (?:done|finished|completed?)\W*"),
        lambda found: None if _listing(found[0]) else Complete(reference(found["what"])),
    ),
)
"""What a command looks like; the first that fits counts."""
