"""How live processes are asked over the broker: by publish and subscribe alone, so that it keeps no picture.

A desk of a live process that is free lays its name into a list. Who asks takes a name, publishes the question
to the desk of that name, and gets the answer on a channel whose name nobody else knows. Names are all that is
stored in the broker, and they expire.
"""

import json
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.errors import InputError, MaskloopError, PermanentError, TransientError
from core.settings import Settings

#: What a lost, slow or full broker raises.
BROKER_ERRORS = (RedisError, OSError)
#: The broker answers in a fraction of a millisecond.
_PATIENCE_SECONDS = 2.0
#: Bytes of a picture in one message: the broker may hold so much for a reader.
PART_BYTES = 1 << 20
_LENGTH = struct.Struct(">I")
_KINDS: dict[str, type[MaskloopError]] = {
    kind.__name__: kind for kind in (InputError, TransientError, PermanentError)
}


class Desk(StrEnum):
    """What a place in a live process answers."""

    FRAMES = "frames"
    PHOTOS = "photos"

    @property
    def free(self) -> str:
        """Key of the list of free desks."""
        return f"maskloop:live:free:{self.value}"


def desk_channel(desk: Desk, name: str) -> str:
    """The channel on which the desk of this name is asked."""
    return f"maskloop:live:desk:{desk.value}:{name}"


def all_channel(broker: redis.Redis, desk: Desk) -> str:
    """The channel that every desk of this kind listens on, so that they can be counted.

    Channels are common to all databases of a server, which may be of several services.
    """
    number = broker.connection_pool.connection_kwargs.get("db") or 0
    return f"maskloop:live:desks:{number}:{desk.value}"


def open_broker(settings: Settings) -> redis.Redis:
    """A client that connects at its first command and tries none twice; PermanentError broker_not_redis."""
    url = settings.broker.replace("redis+socket://", "unix://", 1)
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise PermanentError(
            "broker_not_redis", "MASKLOOP_BROKER_URL must be the address of a Redis or Valkey server."
        ) from error


@dataclass(frozen=True, kw_only=True)
class Message:
    """A question or a further part of its picture: fields as JSON, then bytes."""

    fields: dict[str, Any]
    data: bytes | memoryview

    def to_bytes(self) -> bytes:
        """As it is published."""
        head = json.dumps(self.fields).encode()
        return b"".join((_LENGTH.pack(len(head)), head, self.data))

    @classmethod
    def from_bytes(cls, given: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        start = _LENGTH.size + _LENGTH.unpack_from(given)[0]
        return cls(fields=json.loads(given[_LENGTH.size : start]), data=memoryview(given)[start:])


def error_fields(error: MaskloopError) -> dict[str, Any]:
    """An error as JSON, in place of an answer."""
    return {"error": {"kind": type(error).__name__, "code": error.code, "message": error.message}}


def raise_error(answer: dict[str, Any]) -> None:
    """Raise the error that an answer holds, if it does."""
    if "error" in answer:
        given = answer["error"]
        raise _KINDS[given["kind"]](given["code"], given["message"])


def broker_unreachable(error: Exception) -> TransientError:
    """The error of a broker that cannot be asked."""
    found = TransientError(
        "broker_unreachable", "The broker, over which the live process is asked, cannot be reached."
    )
    found.__cause__ = error
    return found


def live_unreachable() -> TransientError:
    """The error while no live process runs."""
    return TransientError(
        "live_unreachable", "The live process, which detects faces in photos and cameras, does not respond."
    )
