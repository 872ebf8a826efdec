"""Large pictures share a bounded room, and each account tries one photo at a time."""

import io
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from core.database import Database
from core.errors import TransientError
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_photo
from web.one_photo.turns import ClientTurns
from web.photos.room import PictureRoom


def test_pictures_wait_until_there_is_room() -> None:
    room = PictureRoom(100)
    held, most, lock = [0], [0], threading.Lock()

    def look(size: int) -> None:
        with room.hold(size):
            with lock:
                held[0] += size
                most[0] = max(most[0], held[0])
            with lock:
                held[0] -= size

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(look, [60, 50, 40, 60, 70, 30, 1000, 10]))
    # A picture larger than the room has it alone.
    assert most[0] == 1000 or most[0] <= 100
    with room.hold(100):
        pass


def test_who_waits_too_long_or_in_too_long_a_queue_is_refused() -> None:
    room = PictureRoom(100, wait_seconds=0.01)
    with room.hold(60), pytest.raises(TransientError) as error, room.hold(60):
        pass
    assert error.value.code == "pictures_busy"
    room = PictureRoom(100, most_waiting=0)
    with room.hold(60), pytest.raises(TransientError, match="at once"), room.hold(60):
        pass
    with room.hold(100):
        pass


@pytest.mark.parametrize("address", ["thumbnail", "view", "file"])
def test_a_large_picture_without_room_is_refused_and_comes_later(
    app: Flask, browser: Browser, database: Database, photos: Path, address: str
) -> None:
    with database.write() as rows:
        photo_id = add_photo(rows, photos / "a.tif", (9, 9, 9)).id
    app.extensions["picture_room"] = room = PictureRoom(100, most_waiting=0)
    url, headers = f"/photos/{photo_id}/{address}", {"Accept": "application/json"}
    with room.hold(100):
        answer = browser.get(url, headers=headers)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "pictures_busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert browser.get(url).status_code == 200


def test_a_large_answer_waits_in_a_file(
    browser: Browser, database: Database, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.photos.files._IN_MEMORY", 10)
    with database.write() as rows:
        photo_id = add_photo(rows, photos / "a.jpg", (9, 9, 9)).id
    with browser.get(f"/photos/{photo_id}/file") as whole:
        assert whole.data == (photos / "a.jpg").read_bytes()
        assert whole.content_length == len(whole.data)
    with browser.get(f"/photos/{photo_id}/file", headers={"Range": "bytes=5-9"}) as part:
        assert (part.status_code, part.data) == (206, whole.data[5:10])
    with browser.get(f"/photos/{photo_id}/view") as view:
        assert view.data == whole.data


def test_each_client_has_one_photo_in_work_and_one_waiting() -> None:
    turns = ClientTurns(wait_seconds=0.01)
    with turns.turn(1):
        with turns.turn(2):
            pass
        with pytest.raises(TransientError, match="before this one"), turns.turn(1):
            pass
    with turns.turn(1):
        pass
    assert not turns._clients


def test_a_third_photo_of_an_account_is_refused_at_once(app: Flask, browser: Browser) -> None:
    turns: ClientTurns = app.extensions["photo_turns"]
    headers = {"X-CSRF-Token": browser.token, "Accept": "application/json"}
    with turns.turn(1):
        turns._clients[1].photos += 1
        answer = browser.client.post("/try/look", headers=headers)
        turns._clients[1].photos -= 1
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (429, "one_photo_at_a_time")
    assert "Retry-After" in answer.headers


def test_a_photo_of_too_many_bytes_is_not_tried(app: Flask, browser: Browser) -> None:
    extension = app.extensions["maskloop"]
    object.__setattr__(extension, "settings", extension.settings.with_changes(try_max_bytes=2000))
    picture = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(picture, "PNG")
    answer = browser.client.post(
        "/try/look",
        data={"photo": (io.BytesIO(picture.getvalue()), "a.png")},
        headers={"X-CSRF-Token": browser.token, "Accept": "application/json"},
    )
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (413, "photo_too_large_bytes")


_THREADS_OPEN_PICTURES = """
import io, sys, threading
from PIL import Image
import web.server
from core.library.pictures.convert import picture_jpeg

if sys.argv[1] == "returned":
    web.server._return_large_memory()
out = io.BytesIO()
Image.new("RGB", (3000, 3000), "teal").save(out, "TIFF")
together = threading.Barrier(6)

def look():
    together.wait()
    picture_jpeg(out.getvalue(), "TIFF", long_side=None, quality=80)
    together.wait()
    together.wait()

threads = [threading.Thread(target=look, daemon=True) for _ in range(5)]
[thread.start() for thread in threads]
together.wait()
together.wait()
pages = int(open("/proc/self/statm").read().split()[1])
print(pages * 4096 // 2**20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps memory in each thread")
def test_threads_give_the_memory_of_pictures_back() -> None:
    def megabytes(mode: str) -> int:
        command = [sys.executable, "-c", _THREADS_OPEN_PICTURES, mode]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert megabytes("returned") < megabytes("kept") - 50
