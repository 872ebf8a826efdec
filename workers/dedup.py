"""Batches of a duplicate job: hash photos that have no hashes, group new photos with the library."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import or_
from sqlalchemy.orm import Session

from core.dedup.embedding import network_key
from core.dedup.groups.store import accept_above
from core.dedup.hash_search import HashedLibrary
from core.dedup.job_kind import GROUP_STAGE, HASH_STAGE, DedupOptions
from core.dedup.queries import (
    count_uncompared,
    read_library,
    read_pixel_twins,
    read_without_pixel_hash,
    without_embedding,
)
from core.dedup.store import begin_steps, count_steps, end_steps, group_new, save_embeddings
from core.item_errors import ItemErrors
from core.jobs.finish import finish_batch
from core.jobs.job_photos import save_outcome
from core.jobs.lease import lock_held, note_progress
from core.library.fingerprints.hashes import hash_bytes, pixel_hash
from core.library.fingerprints.photo_hashes import Embedding, Hashed, HashedPhotos
from core.library.fingerprints.store import save_hashes, save_pixel_hashes
from models import Job, Photo
from workers.engine import BatchRun, handles
from workers.library import list_library, read_bytes, read_each
from workers.similar import group_similar_photos, photo_embedder

#: New photos that are grouped in one transaction.
_AT_ONCE = 5_000


@handles(HASH_STAGE)
def hash_photos(run: BatchRun) -> None:
    """The first batch lists photos without hashes, the others hash them."""
    with run.db.read() as session:
        options = DedupOptions.from_json(session.get_one(Job, run.claim.job_id).options)
    similar = options.similar_above is not None
    if run.claim.first_position is None:
        _list(run, similar)
        return
    done, failed = read_each(run, _hash_and_embed if similar else _hash)
    found = {photo.id: result for photo, result in done.values()}
    with run.db.write() as session:
        lock_held(session, run.claim)
        save_hashes(session, {i: each.hashed for i, each in found.items() if each.hashed is not None})
        if similar:
            save_embeddings(
                session, network_key(), {i: each.embedding for i, each in found.items() if each.embedding}
            )
        save_outcome(session, run.claim, faces=dict.fromkeys(done, 0), failed=failed)
        count_steps(session, run.claim.job_id, len(done) + len(failed))
        finish_batch(session, run.claim)


@handles(GROUP_STAGE)
def group_photos(run: BatchRun) -> None:
    """Compare photos that were never compared with the whole library, 5,000 in a transaction."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
        photos, is_new = read_library(session)
    options = DedupOptions.from_json(job.options)
    library, new = run.compute(lambda: HashedLibrary(photos)), photos.take(is_new)
    for start in range(0, len(new), _AT_ONCE):
        run.check()
        _group(run, library, new.take(np.arange(start, min(start + _AT_ONCE, len(new)))), options)
    if options.similar_above is not None:
        group_similar_photos(run, options, options.similar_above)
    with run.db.write() as session:
        lock_held(session, run.claim)
        if options.accept_above is not None:
            accept_above(session, options.accept_above, account_id=job.account_id)
        end_steps(session, run.claim.job_id, compared=len(new))
        finish_batch(session, run.claim)


@dataclass(frozen=True, kw_only=True)
class _Result:
    """Result for one photo: hashes unless they were known, an embedding if the job needs it."""

    hashed: Hashed | None
    embedding: Embedding | None = None


def _list(run: BatchRun, similar: bool) -> None:
    unknown = [Photo.phash.is_(None), *([without_embedding(network_key())] if similar else [])]

    def at_end(session: Session) -> None:
        to_embed = count_uncompared(session, network_key()) if similar else 0
        begin_steps(session, run.claim.job_id, to_embed=to_embed)

    list_library(run, (or_(*unknown),), at_end=at_end)


def _hash(data: bytes, photo: Photo) -> _Result:
    short_side = min(photo.width, photo.height)
    return _Result(hashed=hash_bytes(data, short_side=short_side) if photo.phash is None else None)


def _hash_and_embed(data: bytes, photo: Photo) -> _Result:
    embedding = photo_embedder().embed(data, short_side=min(photo.width, photo.height))
    return _Result(hashed=_hash(data, photo).hashed, embedding=embedding)


def _group(run: BatchRun, library: HashedLibrary, new: HashedPhotos, options: DedupOptions) -> None:
    clusters = run.compute(lambda: library.clusters(new, options.distance))
    with run.db.read() as session:
        clusters += read_pixel_twins(session, new)
    pixels = run.compute(lambda: _hash_pixels(run, clusters))
    with run.db.write() as session:
        note_progress(lock_held(session, run.claim))
        save_pixel_hashes(session, pixels)
        group_new(
            session,
            [cluster.tolist() for cluster in clusters],
            new.ids.tolist(),
            distance=options.distance,
            job_id=run.claim.job_id,
        )
        count_steps(session, run.claim.job_id, len(new))


def _hash_pixels(run: BatchRun, clusters: Iterable[NDArray[np.int64]]) -> dict[int, str]:
    """Missing pixel hashes, by photo id, of photos in clusters; they were hashed at reduced scale."""
    with run.db.read() as session:
        ids = {photo_id for cluster in clusters for photo_id in cluster.tolist()}
        photos = read_without_pixel_hash(session, ids)
    found: dict[int, str] = {}
    errors = ItemErrors()
    for photo in photos:
        run.check()
        try:
            found[photo.id] = pixel_hash(read_bytes(run, photo))
        except Exception as error:
            # The file is gone or damaged now: the photo is compared by its two hashes alone.
            errors.input_error(error, photo=photo.id)
    errors.check(len(photos))
    return found
