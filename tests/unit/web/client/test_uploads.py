"""Uploads of the client to the app: whole, cut in the middle, gone on with, refused."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from core.database import Database
from core.library.files.store import photo_store
from core.training.importing.job_kind import IMPORT_VERSION
from core.training.importing.options import Scaling
from core.training.job_kind import missing_modules
from maskloop_client import AsyncClient, Client, ClientError, Retries, UploadInterrupted
from maskloop_client.tus import UploadProgress
from models import Job, Label, Upload, UploadFile

#: Bytes of a request in these tests.
_PIECE = 1000


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    for kind in ("_sync", "_async"):
        monkeypatch.setattr(f"maskloop_client.{kind}.uploads._PIECE", _PIECE)
    monkeypatch.setattr("maskloop_client._sync.uploads.pause", pauses.append)


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """A folder of this machine: two small files, and one of several pieces."""
    folder = tmp_path / "street"
    (folder / "day").mkdir(parents=True)
    for number, name in enumerate(("a.jpg", "day/b.jpg")):
        (folder / name).write_bytes(b"\xff\xd8\xff" + bytes([number]) * 50)
    (folder / "film.zip").write_bytes(b"".join(hashlib.sha256(bytes([n])).digest() for n in range(200)))
    (folder / "notes.txt").write_text("no photo")
    return folder


def _stored(app: Flask, database: Database) -> Iterator[tuple[bytes, bytes]]:
    """The names and bytes of the files that have arrived."""
    store = photo_store(app.extensions["maskloop"].settings)
    with database.read() as rows:
        for file in rows.scalars(select(UploadFile).order_by(UploadFile.ordinal)):
            if not file.missing and file.sha256:
                yield file.locator, store.path_of(file.sha256).read_bytes()


def _of(folder: Path, *names: str) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), (folder / name).read_bytes()) for name in names]


_ALL = ("a.jpg", "day/b.jpg", "film.zip")


def test_a_folder_is_sent_and_becomes_a_job(
    client: Client, app: Flask, database: Database, street: Path
) -> None:
    seen: list[UploadProgress] = []
    job = client.predict(street, progress=seen.append, smallest_face=40)
    assert (job.kind, job.data.options["smallest_face"]) == ("predict", 40)
    assert list(_stored(app, database)) == _of(street, *_ALL)
    last = seen[-1]
    assert (last.files, last.files_total, last.bytes, last.bytes_total) == (3, 3, 6506, 6506)
    assert [each.bytes for each in seen] == sorted(each.bytes for each in seen)
    with database.read() as rows:
        assert rows.scalars(select(Upload.files_skipped)).one() == {"not_photos": 1}


class Cutting(httpx.BaseTransport):
    """Cuts the connection in the middle of some requests: half of the body arrives, no answer comes back."""

    def __init__(self, transport: httpx.WSGITransport, *, cut: range) -> None:
        self._transport = transport
        self._cut = cut
        self.sent = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, or a cut connection."""
        if request.method not in ("PATCH", "POST"):
            return self._transport.handle_request(request)
        body = request.read()
        self.sent += 1
        if self.sent - 1 not in self._cut:
            return self._transport.handle_request(request)
        half = httpx.Request(
            request.method, request.url, headers=request.headers, content=body[: len(body) // 2]
        )
        self._transport.handle_request(half).read()
        raise httpx.WriteError("cut off")


def test_a_cut_connection_costs_no_byte(
    transport: httpx.WSGITransport, token: str, app: Flask, database: Database, street: Path
) -> None:
    cutting = Cutting(transport, cut=range(1, 8))
    sent = Client(token=token, transport=cutting).uploads.send(street)
    assert (sent.files, sent.bytes, sent.refused) == (3, 6506, {})
    assert list(_stored(app, database)) == _of(street, *_ALL)


def test_an_upload_goes_on_by_its_number(
    client: Client,
    transport: httpx.WSGITransport,
    token: str,
    app: Flask,
    database: Database,
    street: Path,
) -> None:
    dead = Cutting(transport, cut=range(5, 999))
    with pytest.raises(UploadInterrupted) as cut:
        Client(token=token, transport=dead, retries=Retries(attempts=2)).uploads.send(street)
    before = len(list(_stored(app, database)))
    assert before < 3
    counting = Cutting(transport, cut=range(0))
    again = Client(token=token, transport=counting).uploads.send(street, upload_id=cut.value.upload_id)
    assert (again.id, again.files, again.bytes) == (cut.value.upload_id, 3, 6506)
    assert list(_stored(app, database)) == _of(street, *_ALL)
    assert counting.sent < 8, "what has arrived is not sent again"
    assert client.predict(upload_id=again.id).state == "waiting"


def test_a_photo_that_is_too_large_is_named_and_costs_no_other(
    client: Client, app: Flask, database: Database, street: Path
) -> None:
    large = app.extensions["maskloop"].settings.max_photo_bytes + 1
    with (street / "large.jpg").open("wb") as file:
        file.truncate(large)
    sent = client.uploads.send(street)
    assert [*sent.refused] == ["large.jpg"] and "bytes" in sent.refused["large.jpg"]
    assert list(_stored(app, database)) == _of(street, *_ALL)
    files = client.uploads.files(sent.id).to_list()
    assert [file.error_code for file in files if file.name == "large.jpg"] == ["photo_too_large_bytes"]


def test_what_cannot_be_read_is_named(
    client: Client, street: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (street / "gone.jpg").symlink_to(tmp_path / "nowhere")
    with caplog.at_level(logging.WARNING, "maskloop_client"):
        assert client.uploads.send(street).unreadable == [str(street / "gone.jpg")]
    assert "gone.jpg" in caplog.text


def test_a_file_that_shrinks_is_no_upload(client: Client, street: Path) -> None:
    def shrink(progress: UploadProgress) -> None:
        (street / "film.zip").write_bytes(b"short")

    with pytest.raises(ClientError, match=r"film\.zip has become shorter"):
        client.uploads.send(street / "film.zip", progress=shrink)


def test_a_file_is_looked_at_and_deleted(client: Client, street: Path) -> None:
    upload = client.uploads.send(street)
    assert client.uploads.get(upload.id).bytes == 6506
    assert client.uploads.file(upload.id, 1).name == "day/b.jpg"
    client.uploads.delete_file(upload.id, 1)
    assert [file.number for file in client.uploads.files(upload.id, page_size=1)] == [0, 2]


@pytest.mark.anyio
async def test_the_asynchronous_client_sends_too(
    async_client: AsyncClient, app: Flask, database: Database, street: Path
) -> None:
    async with async_client as client:
        assert (await client.predict(street)).state == "waiting"
    assert list(_stored(app, database)) == _of(street, *_ALL)


@pytest.mark.skipif(bool(missing_modules()), reason="the training dependencies are not installed")
def test_a_classifier_is_sent_and_its_import_requested(
    client: Client, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "ours.onnx"
    file.write_bytes(bytes(3 * _PIECE))
    job = client.versions.import_file(file, ["without_mask", "with_mask"], scaling="imagenet", name="Ours")
    with database.read() as rows:
        options = IMPORT_VERSION.options_of(rows.get_one(Job, job.id))
        assert rows.get_one(UploadFile, 1).bytes == 3 * _PIECE
    assert options.labels == (Label.WITHOUT_MASK, Label.WITH_MASK)
    assert (options.scaling, options.name, options.side) == (Scaling.IMAGENET, "Ours", None)
