"""Duplicate jobs with similar photos, over real files, on both databases, with kills in between."""

from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select, update

from core.database import Database
from core.dedup.embedding import network_key
from core.dedup.job_kind import GROUP_STAGE, DedupOptions, request_dedup
from core.dedup.queries import read_embeddings
from core.dedup.store import group_similar
from core.jobs.claim import Claim, claim_batch
from core.jobs.tick import return_expired
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Batch, DuplicateMember, Job, JobPhoto, JobState, Likeness, Photo, PhotoEmbedding
from tests.unit.dedup.pictures import cropped, jpeg, letterboxed, mirrored, other_person, portrait, unrelated
from workers import similar
from workers.engine import run_batches, run_claim
from workers.handlers import HANDLERS

SIMILAR = {
    "whole.jpg": Likeness.KEPT,
    "small.jpg": Likeness.NEAR,
    "cropped.jpg": Likeness.SIMILAR,
    "boxed.jpg": Likeness.SIMILAR,
    "mirrored.jpg": Likeness.SIMILAR,
    "turned.jpg": Likeness.SIMILAR,
}


def picture(name: str) -> Image.Image:
    whole = portrait()
    made = {
        "small.jpg": whole.resize((200, 200)),
        "cropped.jpg": cropped(whole, 0.12),
        "boxed.jpg": letterboxed(whole),
        "mirrored.jpg": mirrored(whole).resize((400, 400)),
        "turned.jpg": whole.transpose(Image.Transpose.ROTATE_270).resize((300, 300)),
        "other.jpg": other_person(whole),
        "clouds.jpg": unrelated(2),
        "sheet.jpg": Image.new("RGB", (400, 300), "teal"),
    }
    return made.get(name, whole)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "photos"
    place.mkdir()
    for name in (*SIMILAR, "other.jpg", "clouds.jpg", "sheet.jpg"):
        (place / name).write_bytes(jpeg(picture(name), quality=90))
    return place


@pytest.fixture
def library(db: Database, ready: Settings, folder: Path) -> Settings:
    """The folder's photos, hashed."""
    add(db, ready, folder)
    return ready


def add(db: Database, settings: Settings, folder: Path) -> None:
    with db.write() as session:
        request_predict(session, PredictOptions(folder=str(folder)), account_id=1, roots=[folder])
    run_batches(db, settings, HANDLERS)


def request(db: Database, *, similar_above: float | None = 0.55) -> int:
    with db.write() as session:
        return request_dedup(session, DedupOptions(similar_above=similar_above), account_id=1).id


def job_of(db: Database, job_id: int) -> Job:
    with db.read() as session:
        return session.get_one(Job, job_id)


def likenesses(db: Database) -> dict[str, Likeness]:
    with db.read() as session:
        rows = session.execute(
            select(JobPhoto.name, DuplicateMember.likeness).join(
                DuplicateMember, DuplicateMember.photo_id == JobPhoto.photo_id
            )
        )
        return {Path(name).name: likeness for name, likeness in rows}


def count_embeddings(db: Database) -> int:
    with db.read() as session:
        return session.scalars(select(func.count()).select_from(PhotoEmbedding)).one()


def test_parts_of_a_picture_are_found_and_nothing_else(
    db: Database, library: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_batches(db, library, HANDLERS, job_id=request(db, similar_above=None))
    assert likenesses(db) == {"whole.jpg": Likeness.KEPT, "small.jpg": Likeness.NEAR}
    assert count_embeddings(db) == 0
    job_id = request(db)
    run_batches(db, library, HANDLERS, job_id=job_id)
    job = job_of(db, job_id)
    assert (job.state, job.error_message, job.photos_done) == (JobState.DONE, None, 9)
    assert (job.steps_done, job.steps_found) == (18, 18)
    assert likenesses(db) == SIMILAR
    assert count_embeddings(db) == 9

    asked: list[int] = []
    embed = similar.photo_embedder().embed
    monkeypatch.setattr(
        similar.photo_embedder(), "embed", lambda data, **side: asked.append(1) or embed(data, **side)
    )
    (folder / "late.jpg").write_bytes(jpeg(letterboxed(portrait().resize((900, 900)))))
    add(db, library, folder)
    job_id = request(db)
    run_batches(db, library, HANDLERS, job_id=job_id)
    others = dict.fromkeys(SIMILAR, Likeness.SIMILAR) | {"boxed.jpg": Likeness.NEAR}
    assert likenesses(db) == others | {"late.jpg": Likeness.KEPT}, "small.jpg followed whole.jpg"
    assert (len(asked), job_of(db, job_id).photos_done) == (1, 1), "nothing is embedded twice"


def test_a_photo_without_hashes_gets_both_and_a_damaged_one_fails_alone(
    db: Database, library: Settings, folder: Path
) -> None:
    with db.write() as session:
        session.execute(update(Photo).values(phash=None, dhash=None, pixel_hash=None))
    (folder / "clouds.jpg").unlink()
    job_id = request(db)
    run_batches(db, library, HANDLERS, job_id=job_id)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 8, 1)
    assert likenesses(db) == SIMILAR


class Killed(BaseException):
    """Simulates a kill."""


def test_kills_at_every_batch_and_within_the_comparison_lose_no_work(
    db: Database, library: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "_AT_ONCE", 2)
    job_id = request(db)
    killed: set[tuple[str, bool]] = set()
    while job_of(db, job_id).state in (JobState.WAITING, JobState.RUNNING):
        with db.write() as session:
            claim = claim_batch(session, worker="w", lease_seconds=60, kinds=list(HANDLERS), job_id=job_id)
        assert claim is not None
        kind = claim.kind, claim.first_position is None
        if kind not in killed:
            killed.add(kind)
            if claim.kind == GROUP_STAGE.name:
                _kill_in_second_transaction(db, library, claim, monkeypatch)
            _expire(db)
        run_claim(db, library, HANDLERS[claim.kind], claim)
    assert len(killed) == 3
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.steps_done) == (JobState.DONE, 9, job.steps_found)
    assert likenesses(db) == SIMILAR


def _kill_in_second_transaction(
    db: Database, settings: Settings, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first photos are compared; those of the second transaction are written, but not committed."""
    calls: list[int] = []

    def group_and_die(*args: object, **options: object) -> None:
        group_similar(*args, **options)
        calls.append(1)
        if len(calls) == 2:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(similar, "group_similar", group_and_die)
        with pytest.raises(Killed):
            run_claim(db, settings, HANDLERS[claim.kind], claim)
    with db.read() as session:
        library, is_new = read_embeddings(session, network_key())
    assert int((~is_new).sum()) == 2 < len(library)


def _expire(db: Database) -> None:
    """Expire all leases, as after a kill of every worker."""
    with db.write() as session:
        session.execute(update(Batch).values(lease_until=Batch.claimed_at))
        return_expired(session, max_attempts=5)
