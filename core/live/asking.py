"""Ask the live process about one photo."""

import socket
from pathlib import Path

from core.errors import TransientError
from core.live.answer import PhotoAnswer
from core.settings import Settings

#: What the live process says before it takes a photo's bytes; anything else is its refusal.
GO_ON = b"+"

_CONNECT_SECONDS = 2.0
#: Longer than the slowest photo that is not refused.
_ANSWER_SECONDS = 60.0


def ask(settings: Settings, data: bytes) -> PhotoAnswer:
    """The photo's faces. Raises what reading a photo raises in a job, and TransientError live_unreachable."""
    try:
        with connect(settings.photo_socket) as live:
            live.settimeout(_ANSWER_SECONDS)
            live.sendall(len(data).to_bytes(8, "big"))
            text = live.recv(1)
            if text == GO_ON:
                live.sendall(data)
                text = b""
            text += b"".join(iter(lambda: live.recv(1 << 16), b""))
    except (BrokenPipeError, ConnectionResetError, TimeoutError) as error:
        raise _unreachable() from error
    if not text:
        # It was killed at this photo.
        raise _unreachable()
    return PhotoAnswer.from_json(text.decode())


def connect(path: Path) -> socket.socket:
    """A connection to one of the live process's sockets; TransientError live_unreachable."""
    live = socket.socket(socket.AF_UNIX)
    live.settimeout(_CONNECT_SECONDS)
    try:
        live.connect(str(path))
    except OSError as error:
        live.close()
        raise _unreachable() from error
    return live


def _unreachable() -> TransientError:
    return TransientError(
        "live_unreachable", "The live process, which looks at photos and cameras, does not answer."
    )
