"""A camera without a browser: signs in, opens the connection, and sends frames as the page does."""

import asyncio
import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar

from websockets.asyncio.client import connect


@dataclass(frozen=True, kw_only=True)
class Drive:
    """The measurements of one camera."""

    #: Seconds from sending a frame to its answer.
    delays: tuple[float, ...]
    #: Frames per second.
    rate: float


def sign_in(link: str) -> str:
    """Use a one-time link; returns the value of the Cookie header."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(link).read().decode()
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    opener.open(link, data=urllib.parse.urlencode({"csrf_token": found[1]}).encode()).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


async def drive_camera(
    address: str, cookie: str, frames: Sequence[bytes], start: int, stop: asyncio.Event
) -> Drive:
    """Send frames, each at its turn, until `stop`; each camera starts with another frame."""
    delays: list[float] = []
    target = f"{address.replace('http', 'ws', 1)}/camera/connection"
    headers = {"Cookie": cookie}
    async with connect(target, origin=address, additional_headers=headers, compression=None) as camera:  # type: ignore[arg-type]
        began = time.monotonic()
        while not stop.is_set():
            sent = time.monotonic()
            # One person for a while, then the next.
            frame = frames[(start * 7 + len(delays) // 10) % len(frames)]
            await camera.send(len(delays).to_bytes(4, "big") + frame)
            answer = json.loads(await camera.recv())
            delays.append(time.monotonic() - sent)
            await asyncio.sleep(answer["pause"])
        seconds = time.monotonic() - began
    return Drive(delays=tuple(delays), rate=len(delays) / seconds)
