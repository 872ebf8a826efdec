"""The live process as it runs: frames in turns, bad ones refused on the way, photos beside them."""

import asyncio
import hashlib
import io
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from PIL import Image

from benchmarks.servers import RedisServer
from core.errors import InputError, TransientError
from core.live.frame import MAX_BYTES
from core.live.protocol import detect_photo
from core.settings import Settings
from tests.live import (
    TestCamera,
    camera_of,
    live_process,
    message,
    portrait_frame,
    serve_camera,
    started_live,
)


@pytest.fixture(scope="module")
def process(
    tmp_path_factory: pytest.TempPathFactory, weights: Path, redis_server: RedisServer
) -> Iterator[tuple[Settings, subprocess.Popen[bytes]]]:
    settings = Settings(
        data=tmp_path_factory.mktemp("live"),
        broker_url=redis_server.url,
        max_photo_bytes=3 * 2**20,
        try_max_pixels=2**20,
    )
    with live_process(settings, weights) as process:
        yield settings, process


@pytest.fixture
def live(process: tuple[Settings, subprocess.Popen[bytes]]) -> Settings:
    """The process must have lived through whatever the tests before sent."""
    assert process[1].poll() is None
    return process[0]


def test_a_face_is_found_followed_and_counted(live: Settings) -> None:
    async def look() -> list[dict]:
        async with camera_of(live) as connection:
            camera = TestCamera(connection)
            frames = [await camera.ask(n, portrait_frame(left=200 + 8 * n)) for n in range(6)]
            await connection.send("reset")
            return [
                *frames,
                await camera.ask(7, portrait_frame()),
                await camera.ask(8, portrait_frame()),
            ]

    *frames, fresh, again = asyncio.run(look())
    assert [answer["frame"] for answer in frames] == list(range(6))
    assert [len(answer["faces"]) for answer in frames] == [0, 1, 1, 1, 1, 1]
    (face,) = frames[-1]["faces"]
    assert (face["track"], face["label"], frames[-1]["width"]) == (1, "without_mask", 640)
    assert face["confidence"] > 0.8 and face["box"][0] > frames[1]["faces"][0]["box"][0] + 20
    assert frames[-1]["counts"] == {"with_mask": 0, "without_mask": 1, "incorrect": 0, "indeterminate": 0}
    assert sum(fresh["counts"].values()) == 0 and again["counts"]["without_mask"] == 1


def test_bad_frames_are_refused_and_the_good_ones_go_on(live: Settings) -> None:
    good = portrait_frame()
    bad = [
        (b"", "frame_malformed"),
        (b"nothing like a frame", "frame_malformed"),
        (message(9, good[: len(good) // 3]), "frame_malformed"),
        (message(9, b"\xff\xd8\xff" + b"\0" * 2000), "frame_malformed"),
        (message(9, b"\xff\xd8\xff" + bytes(MAX_BYTES)), "frame_too_large"),
    ]

    async def look() -> list[tuple[str, float]]:
        said = []
        async with camera_of(live) as connection, camera_of(live) as other:
            camera, neighbour = TestCamera(connection), TestCamera(other)
            for sent, _ in bad:
                beside = asyncio.create_task(neighbour.ask(1, good))
                began = time.monotonic()
                await connection.send(sent)
                said.append(((await camera.answer())["error"]["code"], time.monotonic() - began))
                assert "faces" in await beside
                assert "faces" in await camera.ask(2, good)
        return said

    answers = asyncio.run(look())
    assert [code for code, _ in answers] == [code for _, code in bad]
    assert max(seconds for _, seconds in answers) < 1.0


_HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: live\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_a_message_beyond_all_measure_is_refused_by_its_head_alone(live: Settings) -> None:
    head = b"\x82\xff" + (2**40).to_bytes(8, "big") + bytes(4)
    camera, server = socket.socketpair()
    with camera, ThreadPoolExecutor(1) as thread:
        thread.submit(serve_camera, live, server)
        camera.sendall(_HANDSHAKE)
        assert camera.recv(4096).startswith(b"HTTP/1.1 101 ")
        camera.sendall(head)
        opcode, _, *code = camera.recv(4096)[:4]
        assert (opcode, int.from_bytes(code, "big")) == (0x88, 1009)


def test_frames_that_come_too_fast_are_dropped_for_the_newest(live: Settings) -> None:
    frame = portrait_frame()

    async def look() -> list[dict]:
        async with camera_of(live) as connection:
            camera = TestCamera(connection)
            await camera.ask(0, frame)
            for number in range(1, 61):
                await connection.send(message(number, frame))
            answers = [await camera.answer()]
            while answers[-1]["frame"] != 60:
                answers.append(await camera.answer())
            return answers

    answers = asyncio.run(look())
    assert len(answers) < 10
    assert answers[-1]["dropped"] == 60 - len(answers)


def test_cameras_share_evenly_and_one_that_pushes_gets_no_more(live: Settings) -> None:
    frame = portrait_frame()

    async def push(seconds: float) -> int:
        answered = 0
        async with camera_of(live) as connection:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                for _ in range(3):
                    await connection.send(message(1, frame))
                await connection.recv()
                answered += 1
        return answered

    async def polite(seconds: float) -> list[dict]:
        async with camera_of(live) as connection:
            return await TestCamera(connection).run(frame, seconds)

    async def all_at_once() -> tuple[int, list[list[dict]]]:
        pushed, *others = await asyncio.gather(push(4), polite(4), polite(4), polite(4))
        return pushed, others

    pushed, others = asyncio.run(all_at_once())
    counts = [len(answers) for answers in others]
    assert min(counts) > 5
    assert max(counts) <= 1.35 * min(counts)
    assert pushed <= 1.5 * statistics.mean(counts)
    assert max(answer["cameras"] for answer in others[0]) == 4


def test_a_photo_is_read_as_in_a_job_while_a_camera_runs(live: Settings) -> None:
    photo = portrait_frame()

    async def look() -> tuple[list[dict], object]:
        async with camera_of(live) as connection:
            running = asyncio.create_task(TestCamera(connection).run(photo, 2))
            answer = await asyncio.to_thread(detect_photo, live, photo)
            return await running, answer

    frames, answer = asyncio.run(look())
    assert len(frames) > 5
    assert answer.read.sha256 == hashlib.sha256(photo).hexdigest()
    assert (answer.read.width, answer.read.height, answer.read.format) == (640, 480, "JPEG")
    assert answer.detector_key.endswith("-s16-t0.3")
    assert answer.faces[0].label == "without_mask"


def _large_picture() -> bytes:
    """Few bytes, but more pixels than may be tried."""
    out = io.BytesIO()
    Image.new("1", (1025, 1024)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"hello", "not_an_image"),
        (portrait_frame()[:2000], "photo_truncated"),
        (b"%PDF-1.4", "format_not_supported"),
        (bytes(3 * 2**20 + 1), "photo_too_large_bytes"),
        (_large_picture(), "photo_too_large_pixels"),
    ],
)
def test_bad_photos_get_the_codes_of_jobs(live: Settings, data: bytes, code: str) -> None:
    with pytest.raises(InputError) as error:
        detect_photo(live, data)
    assert error.value.code == code


def test_a_photo_of_several_parts_arrives_whole(live: Settings) -> None:
    """The broker would drop a reader to whom it holds too many bytes."""
    out = io.BytesIO()
    Image.effect_noise((900, 900), 90).save(out, "BMP")
    photo = out.getvalue() + bytes(2**21)
    assert detect_photo(live, photo).read.sha256 == hashlib.sha256(photo).hexdigest()


def test_the_broker_keeps_nothing_of_a_picture(tmp_path: Path, live: Settings) -> None:
    """Neither in its memory nor in its file, which has every command that changes something."""
    broker = RedisServer.start(folder=tmp_path)
    settings = live.with_changes(broker_url=broker.url)
    photo = portrait_frame()
    try:
        with started_live(settings), redis.Redis.from_url(broker.url) as client:

            async def look() -> None:
                async with camera_of(settings) as connection:
                    await TestCamera(connection).run(photo, 1)

            asyncio.run(look())
            assert detect_photo(settings, photo).faces
            sizes = [client.memory_usage(key) or 0 for key in client.keys("*")]
            assert sum(sizes) < 2000 < len(photo)
    finally:
        broker.stop()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"LPUSH" in kept and photo[200:300] not in kept and b"JFIF" not in kept


def test_a_frozen_or_killed_process_costs_a_frame_and_another_goes_on(live: Settings) -> None:
    """The camera's faces and counts go on, since no live process keeps them."""
    frame = portrait_frame()

    async def look() -> list[list[dict]]:
        async with camera_of(live) as connection:
            camera = TestCamera(connection)
            before = await camera.run(frame, 1)
            other.send_signal(signal.SIGSTOP)
            frozen = await camera.run(frame, 3)
            other.send_signal(signal.SIGCONT)
            awake = await camera.run(frame, 1)
            other.kill()
            other.wait()
            return [before, frozen, awake, await camera.run(frame, 1)]

    with started_live(live) as other:
        before, frozen, awake, killed = asyncio.run(look())
    assert len(before) > 5 and not any("error" in answer for answer in before)
    for answers in (frozen, awake, killed):
        lost = [answer["error"]["code"] for answer in answers if "error" in answer]
        assert lost in ([], ["live_lost"])
        assert len(answers) > 5 and answers[-1]["faces"][0]["track"] == 1
    assert killed[-1]["counts"]["without_mask"] == 1


def test_a_session_outlives_the_only_process_and_the_broker(tmp_path: Path, weights: Path) -> None:
    """Each refusal says why; the counts are there when both are back, and a signal ends the process soon."""
    broker = RedisServer.start()
    settings = Settings(data=tmp_path / "data", broker_url=broker.url)
    frame = portrait_frame()

    async def until(camera: TestCamera, wanted: str) -> dict:
        while True:
            answer = await camera.ask(1, frame)
            if answer.get("error", {}).get("code", "faces") == wanted:
                return answer
            await asyncio.sleep(answer["pause"])

    async def look() -> dict:
        async with camera_of(settings) as connection:
            camera = TestCamera(connection)
            await camera.run(frame, 0.5)
            process.kill()
            process.wait()
            await until(camera, "live_unreachable")
            await asyncio.to_thread(refuse, "live_unreachable")
            broker.stop()
            await until(camera, "broker_unreachable")
            await asyncio.to_thread(refuse, "broker_unreachable")
            broker.start_again()
            with started_live(settings) as second:
                found = await until(camera, "faces")
                began = time.monotonic()
                second.send_signal(signal.SIGTERM)
                assert second.wait(10) == 0 and time.monotonic() - began < 5
                return found

    def refuse(code: str) -> None:
        with pytest.raises(TransientError) as error:
            detect_photo(settings, frame)
        assert error.value.code == code

    try:
        with live_process(settings, weights) as process:
            found = asyncio.run(asyncio.wait_for(look(), 60))
    finally:
        broker.stop()
    assert found["counts"]["without_mask"] == 1 and found["cameras"] == 1
