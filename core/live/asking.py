"""Ask a live process about a picture; several of them share what is asked."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import redis
from redis.client import PubSub

from core.errors import TransientError
from core.live.wire import (
    BROKER_ERRORS,
    PART_BYTES,
    Desk,
    Message,
    all_channel,
    broker_unreachable,
    desk_channel,
    live_unreachable,
    open_broker,
)
from core.settings import Settings

#: For so long a desk is asked again without a look at which one is free, which would take as long again.
#: Who asks one question at a time fills no desk.
_AGAIN_SECONDS = 2.0
#: How often is looked whether the live process that was asked still runs.
_LOOK_SECONDS = 0.25


class Asker:
    """Asks one question after the other. It connects at the first one; close it in the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._broker: redis.Redis | None = None
        self._answers: PubSub | None = None
        #: 128 random bits: answers reach nobody else.
        self._channel = ""
        self._asked = 0
        #: Channels of desks that were free lately, and until when they are asked again.
        self._known: dict[Desk, tuple[str, float]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        with suppress(*BROKER_ERRORS):
            if self._answers is not None:
                self._answers.close()
            if self._broker is not None:
                self._broker.close()
        self._answers = self._broker = None
        self._known.clear()

    def ask(
        self,
        desk: Desk,
        fields: Mapping[str, Any],
        data: bytes,
        *,
        queue_seconds: float,
        answer_seconds: float,
        on_wait: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """The answer about the picture `data`; `on_wait` is called now and then.

        Raises TransientError live_unreachable, live_busy after `queue_seconds`, live_lost where a process was
        asked and ended or did not answer in `answer_seconds`, and broker_unreachable.
        """
        try:
            broker, answers = self._connect()
            self._asked += 1
            own = {"to": self._channel, "ask": self._asked}
            asked = {**fields, **own, "size": len(data)}
            channel = self._ask_again(broker, desk, asked, data)
            if not channel:
                first = Message(fields={**asked, "free": True}, data=data[:PART_BYTES])
                channel = _give(broker, desk, first.to_bytes(), queue_seconds, on_wait)
                self._known[desk] = (channel, time.monotonic() + _AGAIN_SECONDS)
            waited = _Waited(
                broker=broker, answers=answers, channel=channel, whole=Message(fields=own, data=data)
            )
            try:
                return waited.read(answer_seconds, on_wait)
            except TransientError:
                # One that hangs is not asked again before it says that it is free.
                self._known.clear()
                broker.lrem(desk.free, 0, channel.rpartition(":")[2])
                raise
        except BROKER_ERRORS as error:
            self.close()
            raise broker_unreachable(error) from error

    def _ask_again(self, broker: redis.Redis, desk: Desk, fields: dict[str, Any], data: bytes) -> str:
        """The channel of the desk that answered lately, which has the question now; empty for none."""
        channel, until = self._known.get(desk, ("", 0.0))
        if time.monotonic() > until:
            return ""
        first = Message(fields={**fields, "free": False}, data=data[:PART_BYTES])
        return channel if broker.publish(channel, first.to_bytes()) else ""

    def check(self, desk: Desk) -> None:
        """Raise TransientError live_unreachable, broker_unreachable where a question would."""
        try:
            broker, _ = self._connect()
            if not _is_anybody(broker, desk):
                raise live_unreachable()
        except BROKER_ERRORS as error:
            self.close()
            raise broker_unreachable(error) from error

    def _connect(self) -> tuple[redis.Redis, PubSub]:
        if self._broker is None or self._answers is None:
            self._broker = open_broker(self._settings)
            self._answers = self._broker.pubsub(ignore_subscribe_messages=False)  # type: ignore[no-untyped-call]
            self._channel = f"maskloop:live:answers:{secrets.token_hex(16)}"
            self._answers.subscribe(self._channel)
            # An answer may come only once the broker knows who wants it.
            if self._answers.get_message(timeout=2.0) is None:
                raise TimeoutError("the broker did not confirm a subscription")
        return self._broker, self._answers


@dataclass(frozen=True, kw_only=True)
class _Waited:
    """An answer that is waited for; parts of the picture are sent as they are asked for."""

    broker: redis.Redis
    answers: PubSub
    #: Of the desk that has the question.
    channel: str
    whole: Message

    def read(self, seconds: float, on_wait: Callable[[], None]) -> dict[str, Any]:
        """Raises TransientError live_lost."""
        until = time.monotonic() + seconds
        while True:
            answer = _read(self.answers, min(_LOOK_SECONDS, until - time.monotonic()))
            if answer is None:
                on_wait()
                if time.monotonic() < until and _count(self.broker, self.channel):
                    continue
                # It may have answered and ended since.
                answer = _read(self.answers, 0.0)
                if answer is None:
                    raise _lost()
            if answer["ask"] != self.whole.fields["ask"]:
                # Of an earlier question that was given up.
                continue
            if "more" not in answer:
                return answer
            self._send_part(answer["more"])

    def _send_part(self, start: int) -> None:
        data = self.whole.data[start : start + PART_BYTES]
        part = Message(fields={**self.whole.fields, "start": start}, data=data)
        if not self.broker.publish(self.channel, part.to_bytes()):
            raise _lost()


def _read(answers: PubSub, seconds: float) -> dict[str, Any] | None:
    message = answers.get_message(timeout=max(seconds, 0.0))
    if message is None or message["type"] != "message":
        return None
    found: dict[str, Any] = json.loads(message["data"])
    return found


def _give(
    broker: redis.Redis, desk: Desk, question: bytes, seconds: float, on_wait: Callable[[], None]
) -> str:
    """Give the question to a desk that is free; its channel. Who has waited longest is next."""
    until = time.monotonic() + seconds
    while True:
        name: Any = broker.blpop([desk.free], timeout=2 * _LOOK_SECONDS)
        if name is None:
            if not _is_anybody(broker, desk):
                raise live_unreachable()
            if time.monotonic() > until:
                raise TransientError("live_busy", "Too many photos are waiting. Try again in a moment.")
            on_wait()
            continue
        channel = desk_channel(desk, str(name[1], "ascii"))
        # One whose process was killed since has no reader.
        if broker.publish(channel, question):
            return channel


def _is_anybody(broker: redis.Redis, desk: Desk) -> bool:
    """Whether a live process is connected to the broker."""
    return bool(_count(broker, all_channel(broker, desk)))


def _count(broker: redis.Redis, channel: str) -> int:
    """Readers of a channel."""
    (_, readers), *_ = broker.pubsub_numsub(channel)
    return int(readers)


def _lost() -> TransientError:
    return TransientError(
        "live_lost", "The live process that was asked ended, or did not answer in time. Send it again."
    )
