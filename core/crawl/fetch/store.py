"""Write what came of fetched hits: photos, sources, the job's rows and counters."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from core.crawl.fetch.hit_fetcher import FetchedHit, KnownHit, MissedHit
from core.crawl.store import add_sources
from core.database import insert_new, read_clock
from core.jobs.claim import Claim
from core.jobs.lease import lock_held, note_progress
from core.jobs.stages import lock_job
from models import CrawlHit, CrawlSearch, HitOutcome, Job, JobPhoto, JobPhotoState, Photo

#: Results that are written; postponed hits stay as they are.
Settled = FetchedHit | KnownHit | MissedHit


def save_hits(session: Session, claim: Claim, results: Sequence[Settled]) -> None:
    """Write photos, their sources, the job's rows and all counters; LeaseLost if the batch is not held.

    Call it as results arrive: what is written is not fetched again if the worker dies.
    """
    batch = lock_held(session, claim)
    # Locked: a search that finds one of these pictures at the same time waits, and then sees its photo.
    lock_job(session, claim.job_id)
    hits = _hits(session, claim, [result.position for result in results])
    waiting = [result for result in results if hits[result.position].state is JobPhotoState.WAITING]
    if waiting:
        note_progress(batch)
    ids, new = _save_photos(session, waiting)
    settled = [_result_values(result, ids, new) for result in waiting]
    _save_rows(session, hits, settled)
    add_sources(session, claim.job_id, [row["position"] for row in settled if row["photo_id"] is not None])
    _save_counters(session, claim, hits, settled)


def _hits(session: Session, claim: Claim, positions: Sequence[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """By position: row ids, state, search and the previous outcome."""
    rows = session.execute(
        select(
            JobPhoto.position,
            JobPhoto.id.label("job_photo_id"),
            JobPhoto.state,
            CrawlHit.id.label("hit_id"),
            CrawlHit.outcome,
            CrawlHit.search_id,
        )
        .join(CrawlHit, (CrawlHit.job_id == JobPhoto.job_id) & (CrawlHit.position == JobPhoto.position))
        .where(
            JobPhoto.job_id == claim.job_id,
            JobPhoto.position.in_(positions),
            CrawlHit.outcome != HitOutcome.REPEATED,
        )
    )
    return {row.position: row for row in rows}


def _save_photos(session: Session, results: Sequence[Settled]) -> tuple[dict[str, int], set[str]]:
    """Photo ids by SHA-256 of the fetched pictures, and the SHA-256 of those that are new."""
    fetched = {result.sha256: result for result in results if isinstance(result, FetchedHit)}
    query = select(Photo.sha256, Photo.id).where(Photo.sha256.in_(fetched))
    before = set(session.scalars(select(Photo.sha256).where(Photo.sha256.in_(fetched))))
    now = read_clock(session)
    rows = [
        {
            "sha256": result.sha256,
            "bytes": result.bytes,
            "width": result.width,
            "height": result.height,
            "format": result.format,
            "frames": result.frames,
            "notes": list(result.notes),
            "stored": True,
            "created_at": now,
        }
        for _, result in sorted(fetched.items())
    ]
    insert_new(session, Photo, rows, ["sha256"])
    session.execute(update(Photo).where(Photo.sha256.in_(before), ~Photo.stored).values(stored=True))
    # A photo whose picture was deleted is kept anew.
    erased = Photo.sha256.in_(before), Photo.erased_at.is_not(None)
    session.execute(update(Photo).where(*erased).values(erased_at=None))
    return dict(session.execute(query).all()), fetched.keys() - before


def _result_values(result: Settled, ids: dict[str, int], new: set[str]) -> dict[str, Any]:
    """The values of one result; of two hits with the same new bytes only the first counts as fetched."""
    row: dict[str, Any] = {"position": result.position, "photo_id": None, "code": None, "message": None}
    if isinstance(result, MissedHit):
        return row | {
            "outcome": result.outcome,
            "code": result.code,
            "message": result.message,
            "http_status": result.http_status,
        }
    if isinstance(result, KnownHit):
        return row | {"outcome": HitOutcome.DUPLICATE, "photo_id": result.photo_id, "http_status": None}
    outcome = HitOutcome.FETCHED if result.sha256 in new else HitOutcome.DUPLICATE
    new.discard(result.sha256)
    return row | {"outcome": outcome, "photo_id": ids[result.sha256], "http_status": result.http_status}


def _save_rows(
    session: Session, hits: dict[int, Row[*tuple[Any, ...]]], settled: Sequence[dict[str, Any]]
) -> None:
    if not settled:
        return
    session.execute(
        update(JobPhoto),
        [
            {
                "id": hits[row["position"]].job_photo_id,
                "state": JobPhotoState.FAILED if row["photo_id"] is None else JobPhotoState.DONE,
                "photo_id": row["photo_id"],
                "error_code": row["code"],
                "error_message": row["message"],
            }
            for row in settled
        ],
    )
    session.execute(
        update(CrawlHit),
        [
            {
                "id": hits[row["position"]].hit_id,
                "outcome": row["outcome"],
                "http_status": row["http_status"],
            }
            for row in settled
        ],
    )


def _save_counters(
    session: Session, claim: Claim, hits: dict[int, Row[*tuple[Any, ...]]], settled: Sequence[dict[str, Any]]
) -> None:
    """A hit that is fetched again after a retry moves from its previous counter to the new one."""
    changes: dict[int, Counter[HitOutcome]] = {}
    for row in settled:
        hit = hits[row["position"]]
        change = changes.setdefault(hit.search_id, Counter())
        change[row["outcome"]] += 1
        change[hit.outcome] -= 1
    for search_id, change in sorted(changes.items()):
        values = {
            outcome.value: getattr(CrawlSearch, outcome.value) + count
            for outcome, count in change.items()
            if outcome is not HitOutcome.WAITING and count
        }
        if values:
            session.execute(update(CrawlSearch).where(CrawlSearch.id == search_id).values(**values))
    done = sum(row["photo_id"] is not None for row in settled)
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(photos_done=Job.photos_done + done, photos_failed=Job.photos_failed + len(settled) - done)
    )
