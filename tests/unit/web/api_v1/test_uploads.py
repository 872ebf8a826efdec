"""Uploads of the API by the tus protocol: offsets, resumption, refusals, one writer at a time."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from core.accounts import add_account, ensure_owner
from core.api_tokens import add_token
from core.database import Database, read_clock
from core.library.files.store import photo_store
from core.library.resumable import partial_file
from core.library.resumable.partial_file import hold, partial_path
from core.settings import Settings
from models import Role, Scope, Upload, UploadFile
from tests.cases import in_one_test
from tests.unit.web.api_v1.calling import Call, caller, code_of
from web.tus import receiving
from web.tus.headers import CONTENT_TYPE

_TUS = {"Tus-Resumable": "1.0.0"}
#: Two blocks and a half.
_DATA = b"".join(hashlib.sha256(bytes([n])).digest() * 2**15 for n in range(2)) + b"end" * 100_000


def _settings(app: Flask) -> Settings:
    return app.extensions["maskloop"].settings


def _metadata(name: str | bytes, number: int | None = None) -> str:
    raw = name.encode() if isinstance(name, str) else name
    pairs = [f"filename {base64.b64encode(raw).decode()}"]
    if number is not None:
        pairs.append(f"number {base64.b64encode(str(number).encode()).decode()}")
    return ",".join(pairs)


def _create(call: Call, upload_id: int, name: str | bytes, length: int, **given: Any) -> TestResponse:
    number, body = given.get("number"), given.get("body")
    headers = _TUS | {"Upload-Length": str(length), "Upload-Metadata": _metadata(name, number)}
    if body is None:
        return call("POST", f"/uploads/{upload_id}/files", headers=headers)
    return call("POST", f"/uploads/{upload_id}/files", headers=headers, data=body, content_type=CONTENT_TYPE)


def _patch(call: Call, address: str, offset: int, body: Any) -> TestResponse:
    headers = _TUS | {"Upload-Offset": str(offset)}
    return call("PATCH", address, headers=headers, data=body, content_type=CONTENT_TYPE)


@pytest.fixture
def upload_id(call: Call) -> int:
    answer = call("POST", "/uploads", json={})
    assert answer.status_code == 201
    return answer.get_json()["id"]


@pytest.fixture
def begin(call: Call, upload_id: int) -> Callable[..., str]:
    """Begins a file; its address below `/api/v1`."""

    def make(name: str = "a.zip", length: int = len(_DATA)) -> str:
        made = _create(call, upload_id, name, length)
        assert (made.status_code, made.headers["Upload-Offset"]) == (201, "0")
        return made.headers["Location"].removeprefix("/api/v1")

    return make


def _offset(call: Call, address: str) -> int:
    answer = call("HEAD", address, headers=_TUS)
    assert answer.status_code == 200, answer.status
    return int(answer.headers["Upload-Offset"])


def test_the_server_tells_what_it_can_do(app: Flask, call: Call, upload_id: int) -> None:
    answer = call("OPTIONS", f"/uploads/{upload_id}/files")
    assert (answer.headers["Tus-Version"], answer.headers["Tus-Resumable"]) == ("1.0.0", "1.0.0")
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,termination,expiration"
    assert int(answer.headers["Tus-Max-Size"]) == _settings(app).max_upload_bytes


def test_a_file_arrives_in_pieces_and_becomes_a_job(
    app: Flask, call: Call, database: Database, upload_id: int, begin: Callable[..., str]
) -> None:
    address = begin()
    job = {"kind": "predict", "options": {"upload_id": upload_id}}
    for start in range(0, len(_DATA), 1_000_000):
        refused = call("POST", "/jobs", json=job)
        assert (refused.status_code, code_of(refused)) == (409, "upload_incomplete")
        assert "a.zip" in refused.get_json(force=True)["detail"]
        piece = _DATA[start : start + 1_000_000]
        answer = _patch(call, address, start, piece)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(start + len(piece)))
    assert _offset(call, address) == len(_DATA)
    file = call("GET", address).get_json()
    assert (file["complete"], file["sha256"]) == (True, hashlib.sha256(_DATA).hexdigest())
    store = photo_store(_settings(app))
    assert store.path_of(file["sha256"]).read_bytes() == _DATA
    assert not list((store.folder / "partial").iterdir())
    created = call("POST", "/jobs", json=job)
    assert created.status_code == 202
    assert (call("GET", f"/uploads/{upload_id}").get_json()["expires_at"]) is None
    assert code_of(_create(call, upload_id, "b.jpg", 5)) == "upload_closed"
    assert code_of(call("DELETE", address, headers=_TUS)) == "upload_closed"


def test_small_files_arrive_with_their_creation(
    app: Flask, call: Call, database: Database, upload_id: int
) -> None:
    names: list[str | bytes] = ["holiday/Ünïcode \n 写真.jpg", b"latin-\xe9.jpg", "c.jpg"]
    for number in (2, 0, 1):
        body = b"\xff\xd8\xff" + bytes([number]) * 50
        made = _create(call, upload_id, names[number], len(body), number=number, body=body)
        assert (made.status_code, made.headers["Upload-Offset"]) == (201, str(len(body)))
    with database.read() as rows:
        files = rows.scalars(select(UploadFile).order_by(UploadFile.ordinal)).all()
        assert [file.locator for file in files] == [
            name if isinstance(name, bytes) else name.encode() for name in names
        ]
    seen, cursor = [], ""
    while cursor is not None:
        page = call("GET", f"/uploads/{upload_id}/files?limit=2{cursor and '&after=' + cursor}").get_json()
        seen += [file["number"] for file in page["files"]]
        cursor = page["next"]
    assert seen == [0, 1, 2]


def test_a_creation_that_is_sent_again_is_the_same_file(
    call: Call, database: Database, upload_id: int
) -> None:
    first = _create(call, upload_id, "a.zip", len(_DATA), number=7, body=_DATA[:100])
    assert first.headers["Upload-Offset"] == "100"
    again = _create(call, upload_id, "a.zip", len(_DATA), number=7, body=_DATA[:100])
    assert (again.headers["Location"], again.headers["Upload-Offset"]) == (first.headers["Location"], "100")
    other = _create(call, upload_id, "b.zip", len(_DATA), number=7)
    assert (other.status_code, code_of(other)) == (409, "upload_number_taken")
    with database.read() as rows:
        assert len(rows.scalars(select(UploadFile)).all()) == 1


def _patch_cut(call: Call, address: str, offset: int, after: int) -> TestResponse:
    """A request whose connection ends after some bytes."""
    return call(
        "PATCH",
        address,
        headers=_TUS | {"Upload-Offset": str(offset)},
        data=_DATA[offset : offset + after],
        content_type=CONTENT_TYPE,
        environ_overrides={"CONTENT_LENGTH": str(len(_DATA) - offset)},
    )


def test_what_arrived_before_a_cut_stays(call: Call, begin: Callable[..., str]) -> None:
    address = begin()
    cut = _patch_cut(call, address, 0, 1_234_567)
    assert (cut.status_code, code_of(cut)) == (400, "upload_cut")
    assert _offset(call, address) == 1_234_567
    wrong = _patch(call, address, 1_000_000, _DATA[1_000_000:])
    assert (wrong.status_code, code_of(wrong)) == (409, "upload_offset_wrong")
    assert _patch(call, address, 1_234_567, _DATA[1_234_567:]).status_code == 204
    assert call("GET", address).get_json()["sha256"] == hashlib.sha256(_DATA).hexdigest()
    assert _patch(call, address, len(_DATA), b"").status_code == 204
    assert code_of(_patch(call, address, 5, b"x")) == "upload_offset_wrong"


def test_a_small_file_that_was_cut_is_no_failed_file(call: Call, upload_id: int) -> None:
    """Its creation is sent again, with the same number."""
    cut = call(
        "POST",
        f"/uploads/{upload_id}/files",
        headers=_TUS | {"Upload-Length": "100", "Upload-Metadata": _metadata("a.jpg", 0)},
        data=_DATA[:40],
        content_type=CONTENT_TYPE,
        environ_overrides={"CONTENT_LENGTH": "100"},
    )
    assert (cut.status_code, code_of(cut)) == (400, "upload_cut")
    again = _create(call, upload_id, "a.jpg", 100, number=0, body=_DATA[:100])
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "100")


def test_bytes_that_were_not_noted_are_sent_again(
    app: Flask, call: Call, database: Database, begin: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed has noted less than the disk has, and never more."""
    address = begin()
    monkeypatch.setattr(partial_file, "_SYNC_EVERY", 1 << 20)
    noted: list[int] = []
    real = receiving.note_received

    def is_killed(rows: Any, file_id: int, received: int) -> None:
        if noted:
            raise SystemExit
        noted.append(received)
        real(rows, file_id, received)

    monkeypatch.setattr(receiving, "note_received", is_killed)
    with pytest.raises(SystemExit):
        _patch(call, address, 0, _DATA)
    monkeypatch.setattr(receiving, "note_received", real)
    assert _offset(call, address) == noted[0] == 1 << 20
    with database.read() as rows:
        token = rows.scalars(select(Upload.token)).one()
    path = partial_path(photo_store(_settings(app)), token, 0)
    assert path.stat().st_size > noted[0]
    path.write_bytes(path.read_bytes()[: noted[0]] + b"torn by the power failure")
    assert _patch(call, address, noted[0], _DATA[noted[0] :]).status_code == 204
    assert call("GET", address).get_json()["sha256"] == hashlib.sha256(_DATA).hexdigest()


@pytest.mark.parametrize("step", ["digest", "note_digest", "store", "note_stored"])
def test_a_kill_at_the_end_loses_no_file(
    app: Flask, call: Call, begin: Callable[..., str], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    address = begin()

    def is_killed(*_given: object) -> None:
        raise SystemExit

    where = receiving.PartialFile if step in ("digest", "store") else receiving
    with monkeypatch.context() as patch:
        patch.setattr(where, step, is_killed)
        with pytest.raises(SystemExit):
            _patch(call, address, 0, _DATA)
    offset = _offset(call, address)
    assert offset == (len(_DATA) if step == "note_stored" else len(_DATA) - 1)
    assert _patch(call, address, offset, _DATA[offset:]).status_code == 204
    file = call("GET", address).get_json()
    assert (file["complete"], file["sha256"]) == (True, hashlib.sha256(_DATA).hexdigest())
    assert photo_store(_settings(app)).path_of(file["sha256"]).read_bytes() == _DATA


def test_of_two_writers_one_is_refused_and_writes_nothing(
    app: Flask, call: Call, database: Database, begin: Callable[..., str]
) -> None:
    address = begin()
    _patch(call, address, 0, _DATA[:100])
    with database.read() as rows:
        token = rows.scalars(select(Upload.token)).one()
    with hold(partial_path(photo_store(_settings(app)), token, 0)):
        for answer in (
            _patch(call, address, 100, b"x" * 500),
            call("DELETE", address, headers=_TUS),
        ):
            assert (answer.status_code, code_of(answer)) == (423, "upload_file_locked")
        assert _offset(call, address) == 100
    assert _patch(call, address, 100, _DATA[100:]).status_code == 204
    assert call("GET", address).get_json()["sha256"] == hashlib.sha256(_DATA).hexdigest()


def test_a_file_that_was_deleted_meanwhile_leaves_no_bytes(
    app: Flask, call: Call, database: Database, begin: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, real = begin(), receiving.hold

    def is_deleted_first(path: Path) -> object:
        with database.write() as rows:
            rows.execute(delete(UploadFile))
        return real(path)

    monkeypatch.setattr(receiving, "hold", is_deleted_first)
    assert code_of(_patch(call, address, 0, b"x")) == "upload_file_not_found"
    assert not list((photo_store(_settings(app)).folder / "partial").iterdir())


@in_one_test(
    ("headers", "body", "code"),
    [
        ({}, b"", "tus_version_expected"),
        ({"Tus-Resumable": "0.2.2"}, b"", "tus_version_expected"),
        (_TUS, b"", "upload_header_invalid"),
        (_TUS | {"Upload-Length": "-1"}, b"", "upload_header_invalid"),
        (_TUS | {"Upload-Length": "9" * 30}, b"", "upload_header_invalid"),
        (_TUS | {"Upload-Length": "5"}, b"", "upload_header_invalid"),
        (_TUS | {"Upload-Length": "5", "Upload-Metadata": "filename %%%"}, b"", "upload_header_invalid"),
        (
            _TUS | {"Upload-Length": "5", "Upload-Metadata": "filename eA==,number LTE="},
            b"",
            "upload_header_invalid",
        ),
        (_TUS | {"Upload-Length": "5", "Upload-Metadata": _metadata("a")}, b"too long", "upload_too_long"),
    ],
)
def test_a_creation_that_is_not_understood_is_a_problem(
    call: Call, upload_id: int, headers: dict[str, str], body: bytes, code: str
) -> None:
    answer = call(
        "POST", f"/uploads/{upload_id}/files", headers=headers, data=body, content_type=CONTENT_TYPE
    )
    assert code_of(answer) == code
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert call("GET", f"/uploads/{upload_id}/files").get_json()["files"] == []


def test_bytes_of_another_type_or_beyond_the_length(call: Call, begin: Callable[..., str]) -> None:
    address = begin("a.zip", 10)
    headers = _TUS | {"Upload-Offset": "0"}
    answer = call("PATCH", address, headers=headers, data=b"x", content_type="application/octet-stream")
    assert (answer.status_code, code_of(answer)) == (415, "content_type_wrong")
    answer = _patch(call, address, 0, b"x" * 11)
    assert (answer.status_code, code_of(answer)) == (413, "upload_too_long")
    assert code_of(call("PATCH", address, content_type=CONTENT_TYPE)) == "tus_version_expected"
    assert _offset(call, address) == 0


def test_a_file_that_is_refused_is_named_and_ends_nothing(app: Flask, call: Call, upload_id: int) -> None:
    size = _settings(app).max_photo_bytes + 1
    large = _create(call, upload_id, "large.jpg", size)
    assert (large.status_code, code_of(large)) == (413, "photo_too_large_bytes")
    empty = _create(call, upload_id, "empty.jpg", 0)
    assert empty.status_code == 201
    assert _create(call, upload_id, "large.zip", size).status_code == 201, (
        "a zip may be as large as an upload"
    )
    beyond = _create(call, upload_id, "x.zip", _settings(app).max_upload_bytes)
    assert (beyond.status_code, code_of(beyond)) == (413, "upload_too_large")
    files = call("GET", f"/uploads/{upload_id}/files").get_json()["files"]
    assert [(file["name"], file["error_code"]) for file in files] == [
        ("large.jpg", "photo_too_large_bytes"),
        ("empty.jpg", "empty_file"),
        ("large.zip", None),
    ]


def test_there_must_be_room_on_the_disk(app: Flask, call: Call, upload_id: int) -> None:
    before = app.extensions["maskloop"]
    app.extensions["maskloop"] = replace(before, settings=before.settings.with_changes(min_free_bytes=2**44))
    answer = _create(call, upload_id, "a.jpg", 5, body=b"12345")
    assert (answer.status_code, code_of(answer)) == (507, "disk_full")
    assert call("GET", f"/uploads/{upload_id}/files").get_json()["files"] == []


def test_a_file_is_deleted_and_its_bytes_go(
    app: Flask, call: Call, database: Database, upload_id: int, begin: Callable[..., str]
) -> None:
    half, whole = begin(), _create(call, upload_id, "b.jpg", 5, body=b"12345").headers["Location"]
    whole = whole.removeprefix("/api/v1")
    _patch(call, half, 0, _DATA[:1000])
    for address in (half, whole):
        assert call("DELETE", address, headers=_TUS).status_code == 204
        gone = call("HEAD", address, headers=_TUS)
        assert gone.status_code == 404
    assert not list((photo_store(_settings(app)).folder / "partial").iterdir())
    upload = call("GET", f"/uploads/{upload_id}").get_json()
    assert upload["bytes"] == 0
    with database.read() as rows:
        assert rows.scalars(select(Upload.account_id).where(Upload.id != upload_id)).all() == [None]


def test_an_upload_that_is_unknown_or_of_somebody_else_or_expired_is_said_so(
    app: Flask, call: Call, database: Database, upload_id: int, begin: Callable[..., str]
) -> None:
    address = begin()
    with database.write() as rows:
        ann = add_account(rows, "ann", Role.LEAD)
        others = caller(app, add_token(rows, ann, name="x", scopes=[Scope.SUBMIT], days=1)[1])
    unknown = (others("GET", address), call("GET", "/uploads/99"), call("GET", "/uploads/99/files"))
    assert [(answer.status_code, code_of(answer)) for answer in unknown] == [(404, "upload_not_found")] * 3
    with database.write() as rows:
        rows.execute(update(Upload).values(expires_at=read_clock(rows) - timedelta(seconds=1)))
    answers = [
        _patch(call, address, 0, b"x"),
        _create(call, upload_id, "b.jpg", 5),
        call("DELETE", address, headers=_TUS),
    ]
    assert [(answer.status_code, code_of(answer)) for answer in answers] == [(410, "upload_expired")] * 3
    job = call("POST", "/jobs", json={"kind": "predict", "options": {"upload_id": upload_id}})
    assert (job.status_code, code_of(job)) == (410, "upload_expired")
    assert call("HEAD", address, headers=_TUS).status_code == 410


def test_what_arrives_moves_the_end_of_the_upload(
    call: Call, database: Database, begin: Callable[..., str]
) -> None:
    address = begin()
    with database.write() as rows:
        soon = read_clock(rows) + timedelta(hours=5)
        rows.execute(update(Upload).values(expires_at=soon))
    answer = _patch(call, address, 0, b"x")
    assert answer.headers["Upload-Expires"].endswith("GMT")
    with database.read() as rows:
        assert rows.scalars(select(Upload.expires_at)).one() > soon + timedelta(hours=20)


def test_post_can_name_the_method(call: Call, begin: Callable[..., str]) -> None:
    address = begin("a.zip", 3)
    headers = _TUS | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = call("POST", address, headers=headers, data=b"abc", content_type=CONTENT_TYPE)
    assert answer.headers["Upload-Offset"] == "3"
    headers = _TUS | {"X-HTTP-Method-Override": "PUT"}
    assert call("POST", address, headers=headers).status_code == 405


def test_large_bodies_leave_threads_for_pages(app: Flask, call: Call, begin: Callable[..., str]) -> None:
    address = begin()
    for _ in range(8):
        assert app.extensions["upload_room"].acquire(blocking=False)
    busy = _patch(call, address, 0, _DATA)
    assert (busy.status_code, code_of(busy), busy.headers["Retry-After"]) == (503, "uploads_busy", "2")
    assert _patch(call, address, 0, _DATA[:500]).status_code == 204
    app.extensions["upload_room"].release()
    assert _patch(call, address, 500, _DATA[500:]).status_code == 204


def test_an_upload_tells_what_was_left_out(call: Call, database: Database) -> None:
    skipped = {"not_photos": 3, "system_folders": {"@eaDir": 2}}
    assert call("POST", "/uploads", json={"skipped": skipped}).status_code == 201
    assert code_of(call("POST", "/uploads", json={"skipped": {"colour": 1}})) == "request_invalid"
    with database.read() as rows:
        assert rows.scalars(select(Upload.files_skipped)).one() == skipped
        assert rows.scalars(select(Upload.account_id)).one() == ensure_owner(rows).id
