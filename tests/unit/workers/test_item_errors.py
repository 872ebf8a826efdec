"""In every handler that works through photos a bug that one photo sets off costs that photo alone."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from core.datasets.importing.labelling import SetLabels
from core.datasets.importing.photos import import_photos
from core.datasets.importing.truth import Truth
from core.errors import TransientError
from core.item_errors import ItemErrors
from core.predict.listing.photos import ListedPhoto
from core.predict.read_photos import read_photos
from core.predict.results import PhotoFailed, PhotoToRead
from core.results.reports.thumbnails import make_thumbnails
from core.review.queues.face_vectors import map_photo_faces
from models import Label
from workers import dedup, freeze, library, similar, unpredicted
from workers.engine import BatchRun

_PHOTOS = (1, 2, 3)
#: What the handlers say about each photo: a code, or None where it came through.
Outcome = dict[int, str | None]
Handler = Callable[[pytest.MonkeyPatch, Callable[[int], bytes]], Outcome]


class _Run:
    """A batch whose sessions are empty."""

    claim = settings = None

    def __init__(self) -> None:
        self.db = self

    def check(self) -> None:
        pass

    def compute(self, work: Callable[[], Any]) -> Any:
        return work()

    def read(self) -> "_Run":
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        pass


_RUN: BatchRun = _Run()  # type: ignore[assignment]


def _photo(number: int) -> Any:
    return SimpleNamespace(id=number, width=8, height=8)


def _to_read() -> list[PhotoToRead]:
    made = [SimpleNamespace(position=number, root=None, relative=b"") for number in _PHOTOS]
    return made  # type: ignore[return-value]


def _codes(results: list[Any]) -> Outcome:
    return {each.position: each.code if isinstance(each, PhotoFailed) else None for each in results}


def _predict(patch: pytest.MonkeyPatch, act: Callable[[int], bytes]) -> Outcome:
    def read(photo: PhotoToRead, *_: object) -> object:
        act(photo.position)
        return SimpleNamespace(position=photo.position)

    patch.setattr("core.predict.read_photos._read", read)
    none: Any = None
    results = read_photos(_to_read(), none, read=none, min_scale=1.0, is_known=bool, before_each=_RUN.check)
    return _codes(list(results))


def _import(patch: pytest.MonkeyPatch, act: Callable[[int], bytes]) -> Outcome:
    def read(photo: PhotoToRead, *_: object, **__: object) -> object:
        act(photo.position)
        return SimpleNamespace(position=photo.position)

    patch.setattr("core.datasets.importing.photos._import", read)
    truths = {number: Truth(label=Label.WITH_MASK) for number in _PHOTOS}
    results = import_photos(
        _to_read(), truths, None, all_faces_boxed=False, max_bytes=1, before_each=_RUN.check  # type: ignore[arg-type]
    )  # fmt: skip
    return _codes(list(results))


def _read_each(patch: pytest.MonkeyPatch, act: Callable[[int], bytes]) -> Outcome:
    waiting = [SimpleNamespace(position=number, photo=_photo(number)) for number in _PHOTOS]
    patch.setattr(library, "read_waiting_photos", lambda *_: waiting)
    patch.setattr(library, "read_bytes", lambda _run, photo: act(photo.id))
    done, failed = library.read_each(_RUN, lambda data, photo: data)
    return {**dict.fromkeys(done), **{number: code for number, (code, _) in failed.items()}}


def _silent(found: Any, errors: ItemErrors | None = None) -> Outcome:
    """Of handlers that leave a photo out without a row of its own, and log why."""
    return {number: None if number in found else "unexpected_error" for number in _PHOTOS}


def _pixels(patch: pytest.MonkeyPatch, act: Callable[[int], bytes]) -> Outcome:
    patch.setattr(dedup, "read_without_pixel_hash", lambda *_: [_photo(number) for number in _PHOTOS])
    patch.setattr(dedup, "read_bytes", lambda _run, photo: act(photo.id))
    patch.setattr(dedup, "pixel_hash", lambda data: data)
    return _silent(dedup._hash_pixels(_RUN, []))


def _similar(patch: pytest.MonkeyPatch, act: Callable[[int], bytes]) -> Outcome:
    patch.setattr(similar, "read_photos", lambda *_: {number: _photo(number) for number in _PHOTOS})
    patch.setattr(similar, "read_bytes", lambda _run, photo: act(photo.id))
    patch.setattr(similar, "detect_corners", lambda data, short_side: data)
    aligner = similar._Aligner(_RUN, _PHOTOS)
    found = [number for number in _PHOTOS if aligner._read(number) is not None]
    aligner.check()
    return _silent(found)


def _unpredicted(patch: pytest.MonkeyPatch, act: Callable[[int], bytes]) -> Outcome:
    patch.setattr(unpredicted, "read_photo_bytes", lambda _session, _settings, photo: act(photo.id))
    patch.setattr(unpredicted, "decode_photo", lambda data: data)
    detector: Any = SimpleNamespace(classify=lambda photo, found: photo)
    errors, found = ItemErrors(), []
    for number in _PHOTOS:
        each: Any = SimpleNamespace(photo=_photo(number), found=())
        if unpredicted._classify(_RUN, detector, each, errors) is not None:
            found.append(number)
    errors.check(len(_PHOTOS))
    return _silent(found)


def _freeze(patch: pytest.MonkeyPatch, act: Callable[[int], bytes]) -> Outcome:
    slices = iter([[SimpleNamespace(photo=_photo(number), boxes=()) for number in _PHOTOS], []])
    saved: list[Any] = []
    run: Any = _Run()
    run.claim, run.write = SimpleNamespace(job_id=1), lambda: _Written()
    patch.setattr(freeze, "count_unmeasured", lambda _session: 3)
    patch.setattr(freeze, "_read_unmeasured", lambda *_: next(slices))
    patch.setattr(freeze, "read_photo_bytes", lambda _session, _settings, photo: act(photo.id))
    patch.setattr(freeze, "decode_photo", lambda data: data)
    patch.setattr(freeze, "measure_photo", lambda decoded, data, boxes: data)
    patch.setattr(freeze, "_save", lambda _run, measured: saved.extend(measured))
    freeze._measure_photos(run)
    return _silent([each.photo.id for each, measured in saved if measured is not None])


class _Written(_Run):
    def __enter__(self) -> Any:
        return SimpleNamespace(execute=lambda *_: None)


def _faces(patch: pytest.MonkeyPatch, act: Callable[[int], bytes]) -> Outcome:
    module = "core.review.queues.face_vectors"
    rows = [(_photo(number), [SimpleNamespace(id=number)]) for number in _PHOTOS]
    patch.setattr(f"{module}.read_faces_by_photo", lambda *_: rows)
    patch.setattr(f"{module}._decode", lambda _session, _settings, photo, _faces: act(photo.id))
    none: Any = None
    found = map_photo_faces(none, none, [], lambda decoded: decoded.photo, before_each=_RUN.check)
    return _silent([face.id for faces, _ in found for face in faces])


_HANDLERS: list[Handler] = [
    _predict, _import, _read_each, _pixels, _similar, _unpredicted, _freeze, _faces,
]  # fmt: skip


@pytest.mark.parametrize("handler", _HANDLERS)
def test_a_bug_costs_the_photo_that_sets_it_off(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(number: int) -> bytes:
        if number == 2:
            raise ZeroDivisionError("a bug")
        return b"x"

    assert handler(monkeypatch, act) == {1: None, 2: "unexpected_error", 3: None}


@pytest.mark.parametrize("handler", _HANDLERS)
def test_a_bug_that_strikes_every_photo_fails_the_batch(
    handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(number: int) -> bytes:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        handler(monkeypatch, act)


@pytest.mark.parametrize("handler", _HANDLERS)
def test_an_error_of_the_machine_fails_the_batch(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(number: int) -> bytes:
        raise TransientError("disk_full", "full")

    with pytest.raises(TransientError):
        handler(monkeypatch, act)


def test_a_thumbnail_that_fails_leaves_its_place_empty() -> None:
    photos: Any = [
        SimpleNamespace(name=str(number), faces=[SimpleNamespace(unsure_score=0.5)]) for number in _PHOTOS
    ]

    def fail(photo: object) -> bytes:
        raise ZeroDivisionError("a bug")

    thumbnails = make_thumbnails(photos, fail)
    assert [(each.data, each.reason) for each in thumbnails] == [("", "ZeroDivisionError: a bug")] * 3


def test_an_annotation_that_sets_off_a_bug_costs_its_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(labels: SetLabels, photo: bytes) -> Truth:
        if photo == b"2.jpg":
            raise ZeroDivisionError("a bug")
        return Truth(label=Label.WITH_MASK)

    monkeypatch.setattr(SetLabels, "truth_of", read)
    none: Any = None
    labels = SetLabels(none, none, root_name="")
    listed = [labels.label(ListedPhoto(locator=b"%d.jpg" % number)) for number in _PHOTOS]
    assert [each.error_code for each in listed] == [None, "unexpected_error", None]
