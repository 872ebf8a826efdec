"""The live process as it runs: frames in turns, bad ones refused on the way, photos beside them."""

import asyncio
import hashlib
import io
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from core.errors import InputError, TransientError
from core.live.frame import MAX_BYTES
from core.live.protocol import connect, detect_photo
from core.settings import Settings
from tests.live import TestCamera, camera_of, live_process, message, portrait_frame


@pytest.fixture(scope="module")
def process(
    tmp_path_factory: pytest.TempPathFactory, weights: Path
) -> Iterator[tuple[Settings, subprocess.Popen[bytes]]]:
    settings = Settings(data=tmp_path_factory.mktemp("live"), max_photo_bytes=2**20, try_max_pixels=2**20)
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
    with connect(live.camera_socket) as camera:
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
        (bytes(2**20 + 1), "photo_too_large_bytes"),
        (_large_picture(), "photo_too_large_pixels"),
    ],
)
def test_bad_photos_get_the_codes_of_jobs(live: Settings, data: bytes, code: str) -> None:
    with pytest.raises(InputError) as error:
        detect_photo(live, data)
    assert error.value.code == code


def test_who_is_killed_is_said_to_be_gone_and_a_signal_ends_it_soon(tmp_path: Path, weights: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with live_process(settings, weights) as first:
        first.kill()
        first.wait()
        with pytest.raises(TransientError) as error:
            detect_photo(settings, portrait_frame())
        assert error.value.code == "live_unreachable"
    with live_process(settings, weights) as second:
        assert detect_photo(settings, portrait_frame()).faces
        began = time.monotonic()
        second.send_signal(signal.SIGTERM)
        assert second.wait(10) == 0
        assert time.monotonic() - began < 5
