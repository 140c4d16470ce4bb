"""The task bot: deterministic, and it really acts. All it remembers of a conversation are the messages in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from weakref import WeakValueDictionary

from devkit.contract.assistant import SendMessage
from devkit.contract.entities import Task
from devkit.contract.entities_chat import ChatReply, Message
from devkit.contract.errors import DomainError
from devkit.domain.base import Caller, Resources
from devkit.domain.conversations import ConversationService, Draft, title_of
from devkit.domain.intents import (
    Add,
    Choose,
    Complete,
    Delete,
    Intent,
    Manners,
    Prioritise,
    Reference,
    Rename,
    Show,
    Unknown,
    understand,
)
from devkit.domain.tasks import TaskService
from devkit.domain.toolbox import SHOWN, Toolbox
from devkit.records import dataclass

_MODEL = "task-bot"
_REMEMBERED = 20
"""Messages that are looked back to."""

_HELP = (
    "I look after your tasks. Try: “add buy milk”, “what is open”, “show completed”, “done buy milk”, "
    "“reopen buy milk”, “rename buy milk to buy oat milk”, “make buy milk high priority” or “delete buy milk”."
)


@dataclass(frozen=True, slots=True)
class _Context:
    """What was said before: the ids of the tasks shown last, that of the one talked about, and the intent that still
    waits to be told which task (None: none does).
    """

    shown: tuple[str, ...] = ()
    about: str | None = None
    waiting: Intent | None = None


class _Unclear(Exception):
    """It cannot be told which task is meant; the text asks."""


class AssistantService:
    def __init__(self, resources: Resources, tasks: TaskService, conversations: ConversationService) -> None:
        self._on = resources
        self._tasks, self._conversations = tasks, conversations
        # Messages of one conversation are answered one after the other: each may speak of the one before.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(self, caller: Caller, data: SendMessage) -> ChatReply:
        if data.conversation_id is None:
            tools, drafts = await self._turn(caller, data.message, _Context())
            conversation, added = await self._conversations.open(caller.user_id, title_of(data.message), drafts)
            return _reply(conversation.id, added[-1], tools)
        conversation = self._conversations.require(caller.user_id, data.conversation_id)
        async with self._locks.setdefault(conversation.id, asyncio.Lock()):
            context = _context(self._conversations.latest(conversation.id, _REMEMBERED))
            tools, drafts = await self._turn(caller, data.message, context)
            added = await self._conversations.extend(caller.user_id, conversation.id, drafts)
        return _reply(conversation.id, added[-1], tools)

    async def _turn(self, caller: Caller, said: str, context: _Context) -> tuple[Toolbox, list[Draft]]:
        tools = Toolbox(self._tasks, caller)
        response = await _Turn(tools, context).answer(said)
        answer = Draft(role="assistant", content=response, model=_MODEL, tool_calls=tools.calls, finish_reason="stop")
        return tools, [Draft(role="user", content=said), answer]


def _reply(conversation_id: str, answer: Message, tools: Toolbox) -> ChatReply:
    return ChatReply(conversation_id, answer.content, tools.calls, answer.created_at)


def _context(messages: Sequence[Message]) -> _Context:
    shown: tuple[str, ...] = ()
    about: str | None = None
    waiting: Intent | None = None
    asked: Intent | None = None
    for message in messages:
        if message.role == "user":
            intent = understand(message.content)
            # A number, or a word that was not understood, leaves the question open that it was to answer.
            asked = None if isinstance(intent, Choose | Unknown) else intent
            continue
        calls = message.tool_calls or []
        for call in calls:
            result = call.get("result", {})
            if call.get("name") == "list_tasks":
                shown = tuple(task["id"] for task in result["tasks"])
            elif "task" in result:
                about, waiting, asked = result["task"]["id"], None, None
        if asked is not None:
            waiting = asked if _was_a_question(asked, listed=bool(calls)) else None
    return _Context(shown, about, waiting)


def _was_a_question(intent: Intent, *, listed: bool) -> bool:
    """Whether what came of an intent, which was not done, was a question; `listed`: with tasks to choose from."""
    match intent:
        case Add(title):
            return not title
        case Complete(task) | Prioritise(task) | Delete(task):
            return listed or task.about
        case Rename():
            return listed
    return False


class _Turn:
    """One message and its answer."""

    def __init__(self, tools: Toolbox, context: _Context) -> None:
        self._tools, self._context = tools, context

    async def answer(self, said: str) -> str:
        try:
            return await self._act(understand(said))
        except _Unclear as unclear:
            return str(unclear)
        except DomainError as error:
            if error.kind.name == "not_found":
                return "That task is gone. “show my tasks” tells what is there."
            return f"That did not work: {'; '.join(error.fields.values()) or error.message}."

    async def _act(self, intent: Intent) -> str:
        waiting = self._context.waiting
        match intent:
            case Manners(kind):
                response = _manners(kind, waiting)
            case Add(title, priority):
                response = await self._add(title, priority)
            case Show():
                response = await self._show(intent)
            case Choose(numbers):
                response = await self._choose(numbers)
            case Rename(readings):
                task, title = await self._reading(readings)
                response = await self._retitle(await self._one(task), title)
            case Complete(task) | Prioritise(task) | Delete(task):
                response = await self._change(intent, await self._one(task))
            case Unknown(text):
                response = await self._take_as_answer(text)
        return response

    async def _take_as_answer(self, text: str) -> str:
        """What is no command may answer a question."""
        match self._context.waiting:
            case Add("", priority):
                return await self._add(text, priority)
            case Rename(readings):
                _, title = await self._reading(readings)
                return await self._retitle(await self._one(Reference(text)), title)
            case Complete() | Prioritise() | Delete() as waiting:
                return await self._change(waiting, await self._one(Reference(text)))
        return f"I did not understand that. {_HELP}"

    async def _add(self, title: str, priority: str | None) -> str:
        if not title:
            return "What should the task be called?"
        task = await self._tools.add_task(title, priority)
        return f"Added “{task.title}”{f' with {task.priority} priority' if priority else ''}."

    async def _show(self, wanted: Show) -> str:
        tasks, total = await self._tools.list_tasks(
            completed=wanted.completed, priority=wanted.priority, q=wanted.words
        )
        state = {None: "", True: "completed ", False: "open "}[wanted.completed]
        kind = f"{state}{f'{wanted.priority}-priority ' if wanted.priority else ''}task"
        about = f" about “{wanted.words}”" if wanted.words else ""
        if not tasks:
            return f"You have no {kind}s{about}."
        more = f" Here are the newest {len(tasks)}:" if total > len(tasks) else ""
        return (
            f"You have {total} {kind}{'s' if total > 1 else ''}{about}{'.' if more else ':'}{more}\n{_numbered(tasks)}"
        )

    async def _choose(self, numbers: tuple[int, ...]) -> str:
        shown, waiting = self._context.shown, self._context.waiting
        if not shown:
            return f"I have not shown you any tasks yet. {_HELP}"
        if not isinstance(waiting, Complete | Prioritise | Delete | Rename):
            return "What should I do with it? Say for example “done 1”, “rename 1 to …” or “delete 1”."
        chosen = [self._nth(number) for number in numbers] or list(shown)
        if isinstance(waiting, Rename):
            _, title = await self._reading(waiting.readings)
            return await self._retitle(chosen[0], title)
        # Several at once: whatever cannot be done is said, and the others are done.
        return "\n".join([await self._attempt(waiting, task_id) for task_id in dict.fromkeys(chosen)])

    async def _attempt(self, intent: Complete | Prioritise | Delete, task_id: str) -> str:
        try:
            return await self._change(intent, task_id)
        except DomainError:
            return "One of these tasks is gone."

    async def _reading(self, readings: Sequence[tuple[Reference, str]]) -> tuple[Reference, str]:
        """The reading whose task is there. Raises _Unclear where that is so of none."""
        for task, title in readings:
            if task.number or task.about or await self._tools.find(task.text):
                return task, title
        raise _Unclear(f"I found no task about “{readings[-1][0].text}”. “show my tasks” tells what is there.")

    async def _retitle(self, task_id: str, title: str) -> str:
        return f"Renamed it to “{(await self._tools.update_task(task_id, title=title)).title}”."

    async def _change(self, intent: Complete | Prioritise | Delete, task_id: str) -> str:
        match intent:
            case Complete(_, completed):
                task = await self._tools.complete_task(task_id, completed=completed)
                return f"“{task.title}” is {'done' if completed else 'open again'}."
            case Prioritise(_, priority):
                task = await self._tools.update_task(task_id, priority=priority)
                return f"“{task.title}” has {task.priority} priority now."
            case Delete():
                return f"Deleted “{(await self._tools.delete_task(task_id)).title}”."

    async def _one(self, task: Reference) -> str:
        """The id of the task that is meant. Raises _Unclear with a question where there is none, or more than one."""
        if task.about:
            if self._context.about is None:
                raise _Unclear("Which task do you mean?")
            return self._context.about
        found = await self._tools.find(task.text)
        # A number speaks of what was shown, unless a task is called just so.
        exact = [one for one in found if one.title.casefold() == task.text.casefold()]
        if task.number is not None and not exact and self._context.shown:
            return self._nth(task.number)
        if len(found) == 1:
            return found[0].id
        if not found:
            raise _Unclear(f"I found no task about “{task.text}”. “show my tasks” tells what is there.")
        options = found[:SHOWN]
        self._tools.shown({"q": task.text}, options, len(found))
        more = f" (the newest {len(options)})" if len(found) > len(options) else ""
        raise _Unclear(f"{len(found)} tasks fit “{task.text}”{more}. Which one?\n{_numbered(options)}")

    def _nth(self, number: int) -> str:
        shown = self._context.shown
        if number > len(shown) or number == 0:
            only = f"{len(shown)} tasks" if len(shown) > 1 else "one task"
            raise _Unclear(f"I showed you {only}: there is no number {number}.")
        return shown[number if number < 0 else number - 1]


def _numbered(tasks: Sequence[Task]) -> str:
    return "\n".join(
        f"{number}. {task.title}{' (done)' if task.completed else ''}" for number, task in enumerate(tasks, 1)
    )


def _manners(kind: str, waiting: Intent | None) -> str:
    match kind:
        case "greeting":
            return f"Hello! {_HELP}"
        case "thanks":
            return "You are welcome."
        case "cancel":
            return "All right, I leave it as it is." if waiting else "There is nothing to leave."
    return _HELP
