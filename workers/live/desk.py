"""A place at the broker where a live process answers one question after the other."""

import json
import secrets
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis
import structlog
from redis.client import PubSub

from core.errors import InputError
from core.live.wire import (
    BROKER_ERRORS,
    Desk,
    Message,
    all_channel,
    desk_channel,
    error_fields,
    open_broker,
)
from core.settings import Settings

log = structlog.get_logger()

#: How long one call waits for a question; the desk then says again that it is free.
_WAIT_SECONDS = 0.5
#: It says so at the latest after this time, since its name may have been lost.
_AGAIN_SECONDS = 1.0
#: Names in the list of free desks are forgotten when nobody has added one for so many seconds.
_FREE_SECONDS = 10
#: Who asks sends the next part of a picture within this time, or has given up.
_PART_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Question:
    """A picture, what was asked about it, and who wants the answer."""

    fields: dict[str, Any]
    data: bytes
    #: When it arrived, by the monotonic clock.
    arrived_at: float


class WorkDesk:
    """Takes questions and gives answers. Use it from one thread."""

    def __init__(self, settings: Settings, desk: Desk, *, max_bytes: int) -> None:
        self._settings, self._desk, self._max_bytes = settings, desk, max_bytes
        self._name = secrets.token_hex(8)
        self._channel = desk_channel(desk, self._name)
        self._broker: redis.Redis | None = None
        self._questions: PubSub | None = None
        #: When to say again that the desk is free.
        self._say_at = 0.0
        self._early: deque[Message] = deque()
        self._failed = False

    @property
    def is_connected(self) -> bool:
        """Whether the last command to the broker succeeded, so that it can be asked."""
        return self._questions is not None

    def take(self) -> Question | None:
        """The next question; None if none came for a while, or the broker is away."""
        try:
            self._connect()
            message = self._early.popleft() if self._early else self._next()
            if message is None or "size" not in message.fields:
                return None
            return self._complete(message)
        except BROKER_ERRORS as error:
            self._note_failure(error)
            return None

    def answer(self, question: Question, answer: Mapping[str, Any]) -> None:
        """Send the answer, which is lost where the broker is away."""
        try:
            self._publish(question.fields, answer)
        except BROKER_ERRORS as error:
            self._note_failure(error)

    def close(self) -> None:
        """Take no more questions."""
        with suppress(*BROKER_ERRORS):
            if self._broker is not None:
                self._broker.lrem(self._desk.free, 0, self._name)
        self._drop()

    def _connect(self) -> None:
        if self._questions is not None:
            return
        self._broker = open_broker(self._settings)
        questions = self._broker.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        questions.subscribe(self._channel, all_channel(self._broker, self._desk))
        # The two confirmations, without which nobody may be told that this desk is free.
        questions.get_message(timeout=_WAIT_SECONDS)
        questions.get_message(timeout=_WAIT_SECONDS)
        self._questions, self._failed, self._say_at = questions, False, 0.0
        log.info("desk_open", desk=self._desk.value)

    def _next(self) -> Message | None:
        """The question that has come already, or the next one, after saying that the desk is free."""
        assert self._broker is not None
        message = self._read(0.0)
        if time.monotonic() > self._say_at:
            self._say_free(self._broker, first=message is None)
        message = message or self._read(_WAIT_SECONDS)
        if message is not None and message.fields.get("free"):
            # Who asked has taken the name from the list.
            self._say_at = 0.0
        return message

    def _say_free(self, broker: redis.Redis, *, first: bool) -> None:
        """Lay the name into the list once, also if it is there or was taken by somebody who never asked.

        One that has questions already comes after those that have none, and gets its share of new ones.
        """
        with broker.pipeline() as commands:
            commands.lrem(self._desk.free, 0, self._name)
            (commands.lpush if first else commands.rpush)(self._desk.free, self._name)
            commands.expire(self._desk.free, _FREE_SECONDS)
            commands.execute()
        self._say_at = time.monotonic() + _AGAIN_SECONDS

    def _read(self, seconds: float) -> Message | None:
        assert self._questions is not None
        message = self._questions.get_message(timeout=seconds)
        if message is None or message["type"] != "message":
            return None
        return Message.from_bytes(message["data"])

    def _complete(self, message: Message) -> Question | None:
        """The question with all parts of its picture; None if who asked has given up."""
        fields, size = message.fields, message.fields["size"]
        if size > self._max_bytes:
            text = f"The file has {size:,} bytes; the limit is {self._max_bytes:,}."
            self._publish(fields, error_fields(InputError("photo_too_large_bytes", text)))
            return None
        data = bytearray(message.data)
        while len(data) < size:
            if not self._publish(fields, {"more": len(data)}):
                return None
            part = self._read_part(fields, len(data))
            if part is None:
                return None
            data += part.data
        return Question(fields=fields, data=bytes(data), arrived_at=time.monotonic())

    def _read_part(self, fields: Mapping[str, Any], start: int) -> Message | None:
        until = time.monotonic() + _PART_SECONDS
        wanted = {"to": fields["to"], "ask": fields["ask"], "start": start}
        while (left := until - time.monotonic()) > 0:
            message = self._read(left)
            if message is None:
                continue
            if "size" in message.fields:
                self._early.append(message)
            elif message.fields == wanted:
                return message
        return None

    def _publish(self, fields: Mapping[str, Any], answer: Mapping[str, Any]) -> int:
        """How many took it: 1, or 0 if who asked is gone."""
        assert self._broker is not None
        return int(self._broker.publish(fields["to"], json.dumps({"ask": fields["ask"], **answer})))

    def _note_failure(self, error: Exception) -> None:
        if not self._failed:
            log.warning("broker_unreachable", desk=self._desk.value, error=str(error))
        self._failed = True
        self._drop()
        time.sleep(_WAIT_SECONDS)

    def _drop(self) -> None:
        with suppress(*BROKER_ERRORS):
            if self._questions is not None:
                self._questions.close()
            if self._broker is not None:
                self._broker.close()
        self._questions = self._broker = None
        self._early.clear()
