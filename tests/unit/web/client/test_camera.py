"""The camera of the client: each frame gets its own answer."""

import asyncio
import json

import httpx
from websockets.asyncio.server import ServerConnection, serve

from maskloop_client import AsyncClient

SEEN = {"width": 640, "height": 480, "faces": [], "counts": {}, "dropped": 0, "cameras": 1, "pause": 0.0}


def test_an_answer_that_nobody_waited_for_is_not_that_of_the_next_frame() -> None:
    assert asyncio.run(_give_up_then_look()) == 2


async def _give_up_then_look() -> int:
    """The number of the frame that is answered after a look at another one was given up."""
    arrived = asyncio.Event()

    async def answer_both(connection: ServerConnection) -> None:
        numbers = []
        async for message in connection:
            assert isinstance(message, bytes)
            numbers.append(int.from_bytes(message[:4], "big"))
            arrived.set()
            if len(numbers) == 2:
                for number in numbers:
                    await connection.send(json.dumps({"frame": number, **SEEN}))

    state = httpx.MockTransport(lambda _request: httpx.Response(200, json={"cameras": 0, "most": 8}))
    async with serve(answer_both, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with (
            AsyncClient(f"http://127.0.0.1:{port}", "token", transport=state) as client,
            client.camera.connect() as camera,
        ):
            given_up = asyncio.create_task(camera.look(b"first"))
            await arrived.wait()
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
            return (await camera.look(b"second")).frame
