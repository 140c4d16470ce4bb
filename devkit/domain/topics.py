"""Which topics of the event hub a user may hear."""

from __future__ import annotations

from functools import partial

from devkit.contract.entities import Principal
from devkit.domain.base import Resources
from devkit.domain.uploads import UploadService
from devkit.storage import conversations, models


class TopicService:
    def __init__(self, resources: Resources, upload_service: UploadService, topics: tuple[str, ...]) -> None:
        """`topics` are those without an id."""
        self._on, self.topics = resources, topics
        self._uploads = upload_service

    def may_hear(self, principal: Principal, topic: str) -> bool:
        """False for what is someone else's, and for what is not there: the two cannot be told apart. An upload that
        nobody has yet may be heard by everybody who wants to send it: its events go to whoever does.
        """
        if topic in self.topics:
            return True
        kind, _, identifier = topic.partition(":")
        user_id, read = principal.user_id, self._on.database.read
        match kind:
            case "upload":
                return self._uploads.may_watch(identifier, user_id)
            case "model":
                return read(partial(models.find, model_id=identifier)) is not None
            case "conversation":
                owns = partial(conversations.owns, user_id=user_id, conversation_id=identifier)
                return read(owns)
            case _:
                return False
