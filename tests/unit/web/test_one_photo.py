"""Looking at one photo through the web, and keeping it."""

import dataclasses
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from PIL import Image
from sqlalchemy import select
from structlog.testing import capture_logs

from benchmarks.servers import RedisServer
from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database
from core.detection.card import CHAMPION, read_card
from core.live.seats import Seats
from core.settings import Settings
from maskloop_client import ApiError, Client
from models import ClassifierVersion, Face, Job, Photo, Prediction, Scope, Source, SourceKind
from tests.live import live_process, portrait_frame
from tests.unit.web.conftest import Browser
from web.cli import main
from web.extension import Maskloop

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def process(
    tmp_path_factory: pytest.TempPathFactory, weights: Path, redis_server: RedisServer
) -> Iterator[Settings]:
    """One live process for all these tests, on a host of its own: only the broker is shared."""
    settings = Settings(data=tmp_path_factory.mktemp("live"), broker_url=f"{redis_server.url[:-1]}2")
    with live_process(settings, weights):
        yield settings


@pytest.fixture
def live(app: Flask, database: Database, process: Settings) -> None:
    """The live process within the app's reach, and its classifier in the app's database."""
    with database.write() as rows:
        rows.scalars(select(ClassifierVersion)).one().sha256 = read_card(CHAMPION).classifier.sha256
    maskloop: Maskloop = app.extensions["maskloop"]
    settings = maskloop.settings.with_changes(broker_url=process.broker_url)
    app.extensions["maskloop"] = dataclasses.replace(maskloop, settings=settings)
    app.extensions["seats"] = Seats(settings)


def send(browser: Browser, address: str, data: bytes | None, name: str = "tea.jpg"):
    form = {} if data is None else {"photo": (BytesIO(data), name)}
    return browser.client.post(
        address, data=form, headers={"X-CSRF-Token": browser.token, "Accept": "application/json"}
    )


def test_the_page_comes_first_in_the_header_and_says_that_nothing_is_stored(browser: Browser) -> None:
    page = browser.get("/try").text
    assert "Nothing is stored unless you keep it or correct a face" in page
    assert "Correcting a face keeps the photo" in page
    button = (ROOT / "web/static/js/face-list.js").read_text()
    assert "Correct this face (keeps the photo)" in button and "Wrong?" not in button
    header = page[page.index("<nav") :]
    assert header.index("Try it") < header.index("Jobs")


def test_a_photo_is_looked_at_and_leaves_nothing_behind(
    browser: Browser, live: None, database: Database, app: Flask
) -> None:
    found = send(browser, "/try/look", portrait_frame()).get_json()
    assert (found["width"], found["height"], found["shows"]) == (640, 480, True)
    probabilities = found["faces"][0]["probabilities"]
    assert list(probabilities) == ["incorrect", "not_a_face", "with_mask", "without_mask"]
    assert probabilities["without_mask"] > 0.8
    with database.read() as rows:
        assert rows.scalars(select(Photo)).all() == rows.scalars(select(Job)).all() == []
    assert not list((app.extensions["maskloop"].settings.data / "photos").rglob("*"))


def test_keeping_puts_photo_and_faces_into_the_library_once(
    browser: Browser, live: None, database: Database
) -> None:
    first, second = (send(browser, "/try/keep", portrait_frame()) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.get_json()["photo"] == second.get_json()["photo"]
    with database.read() as rows:
        photo = rows.scalars(select(Photo)).one()
        assert rows.scalars(select(Source.kind)).all() == [SourceKind.UPLOAD]
        faces = rows.scalars(select(Face)).all()
        assert len(faces) == len(rows.scalars(select(Prediction)).all()) == len(first.get_json()["reviews"])
    assert browser.get(f"/photos/{photo.id}/file").data == portrait_frame()


def test_a_program_looks_at_a_photo_and_keeps_it(
    app: Flask, live: None, database: Database, tmp_path: Path
) -> None:
    photo = tmp_path / "tea.jpg"
    photo.write_bytes(portrait_frame())
    with database.write() as rows:
        token = add_token(rows, ensure_owner(rows), name="own", scopes=[Scope.SUBMIT, Scope.READ], days=1)[1]
    with Client(token=token, transport=httpx.WSGITransport(app=app)) as client:
        seen = client.photos.look(photo)
        assert (seen.width, seen.height, [face.label for face in seen.faces]) == (640, 480, ["without_mask"])
        assert seen.faces[0].probabilities["without_mask"] > 0.8
        assert client.photos.look(portrait_frame(), certainty=0.99).faces[0].label == "indeterminate"
        with database.read() as rows:
            assert rows.scalars(select(Photo)).all() == []
        kept = [client.photos.keep(photo), client.photos.keep(portrait_frame(), camera=True)]
        assert kept[0] == kept[1] and len(kept[0].face_ids) == len(seen.faces)
        assert {source.kind for source in client.photos.get(kept[0].photo_id).sources} == {"upload", "camera"}
        with pytest.raises(ApiError) as caught:
            client.photos.look(portrait_frame()[:3000])
        assert (caught.value.status, caught.value.code) == (400, "photo_truncated")


def test_the_command_sends_a_photo_to_a_service(
    app: Flask, live: None, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tea.jpg").write_bytes(portrait_frame())
    Path("cut.jpg").write_bytes(portrait_frame()[:3000])
    with database.write() as rows:
        token = add_token(rows, ensure_owner(rows), name="own", scopes=[Scope.SUBMIT], days=1)[1]
    transport = httpx.WSGITransport(app=app)
    monkeypatch.setattr(
        "web.commands.connection._remote", lambda _url: Client(token=token, transport=transport)
    )

    def say(*words: str) -> Result:
        # The server is in the same process: its log must not stand in what the command prints.
        with capture_logs():
            return CliRunner().invoke(main, ["photo", "--url", "http://masks.example", *words])

    said = json.loads(say("--json", "tea.jpg", "--certainty", "0.99").stdout)
    assert (said["width"], said["note"], said["faces"][0]["label"]) == (640, "", "indeterminate")
    assert "without mask" in say("tea.jpg").stdout
    with Image.open("tea-faces.jpg") as drawn:
        assert drawn.size == (640, 480)
    cut = say("cut.jpg")
    assert (cut.exit_code, "photo_truncated" in cut.stderr) == (1, True)
    assert say("tea.jpg", "--smallest-face", "40").exit_code == 2
    with database.read() as rows:
        assert rows.scalars(select(Photo)).all() == []


def test_a_snapshot_comes_from_the_camera(browser: Browser, live: None, database: Database) -> None:
    assert send(browser, "/camera/snapshots", portrait_frame()).status_code == 201
    with database.read() as rows:
        source = rows.scalars(select(Source)).one()
    assert source.kind is SourceKind.CAMERA
    assert source.name.startswith("Camera, 20")


def test_what_browsers_do_not_show_comes_as_a_jpeg(browser: Browser, live: None) -> None:
    tiff = BytesIO()
    Image.open(BytesIO(portrait_frame())).reduce(2).save(tiff, "TIFF")
    assert send(browser, "/try/look", tiff.getvalue()).get_json()["shows"] is False
    picture = send(browser, "/try/picture", tiff.getvalue())
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert Image.open(BytesIO(picture.data)).size == (320, 240)


_ADDRESSES = ("/try/look", "/try/picture", "/try/keep", "/camera/snapshots")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (None, 400, "photo_not_sent"),
        (b"", 400, "empty_file"),
        (b"hello", 400, "not_an_image"),
        (portrait_frame()[:3000], 400, "photo_truncated"),
    ],
)
def test_bad_files_get_the_codes_of_jobs_and_are_not_kept(
    browser: Browser, live: None, database: Database, data: bytes | None, status: int, code: str
) -> None:
    for address in _ADDRESSES:
        answer = send(browser, address, data)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)
    with database.read() as rows:
        assert rows.scalars(select(Photo)).all() == []


def test_without_the_broker_the_page_says_so(browser: Browser) -> None:
    answer = send(browser, "/try/look", portrait_frame())
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "broker_unreachable")


@pytest.mark.parametrize(
    ("seats", "most", "status", "code"),
    [("photos:1", 2, 429, "one_photo_at_a_time"), ("photos", 8, 503, "live_busy")],
)
def test_photos_under_way_are_those_of_all_web_processes(
    browser: Browser, live: None, process: Settings, seats: str, most: int, status: int, code: str
) -> None:
    others = [Seats(process).take(seats, most=most) for _ in range(most)]
    answer = send(browser, "/try/look", portrait_frame())
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)
    for other in others:
        assert other is not None
        other.release()
    assert send(browser, "/try/look", portrait_frame()).status_code == 200
