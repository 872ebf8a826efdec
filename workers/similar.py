"""The last part of a duplicate job, if asked for: photos of similar embeddings are laid over each other."""

from collections.abc import Callable, Collection
from functools import cache, lru_cache

from sqlalchemy import select

from core.dedup.alignment import Outline, lies_within, outline_of
from core.dedup.embedding import PhotoEmbedder
from core.dedup.options import DedupOptions
from core.dedup.progress import count_steps
from core.dedup.similar import SimilarPair, similar_pairs
from core.dedup.slices import in_slices
from core.dedup.store_embeddings import read_embeddings
from core.dedup.store_groups import group_similar
from core.dedup.store_similar import read_similar
from core.dedup.store_surroundings import read_not_same
from core.dedup.whitening import network_key
from core.errors import InputError
from core.jobs.lease import lock_held
from models import Photo
from workers.engine import BatchRun
from workers.library import read_bytes

#: New photos that are compared in one transaction: laying photos over each other takes its time.
_AT_ONCE = 500
#: Outlines that are held, 150 kB each.
_OUTLINES = 256


@cache
def photo_embedder() -> PhotoEmbedder:
    """The one of this process."""
    return PhotoEmbedder()


def group_similar_photos(run: BatchRun, options: DedupOptions, above: float) -> None:
    """Compare photos whose embeddings were never compared with the whole library, some at a time."""
    with run.db.read() as session:
        library, is_new = read_embeddings(session, network_key())
    new = library.take(is_new)
    for start in range(0, len(new), _AT_ONCE):
        run.check()
        some = new.take(slice(start, start + _AT_ONCE))
        pairs = _look_closer(run, similar_pairs(some, library, above))
        with run.db.write() as session:
            lock_held(session, run.claim)
            group_similar(
                session, pairs, some.ids.tolist(), distance=options.distance, job_id=run.claim.job_id
            )
            count_steps(session, run.claim.job_id, len(some))


def _look_closer(run: BatchRun, pairs: Collection[SimilarPair]) -> list[SimilarPair]:
    """Those of which one photo lies within the other; what a person set apart is not looked at."""
    ids = {photo_id for pair in pairs for photo_id in (pair.first_id, pair.second_id)}
    with run.db.read() as session:
        known, apart = read_similar(session, ids), read_not_same(session, ids)
        photos = {
            photo.id: photo
            for some in in_slices(ids)
            for photo in session.scalars(select(Photo).where(Photo.id.in_(some)))
        }
    outline = _outlines(run, photos)
    found = []
    for pair in pairs:
        run.check()
        if pair.second_id in apart.get(pair.first_id, ()):
            continue
        if pair.second_id in known.get(pair.first_id, {}):
            found.append(pair)
            continue
        first, second = outline(pair.first_id), outline(pair.second_id)
        if first is not None and second is not None and lies_within(first, second):
            found.append(pair)
    return found


def _outlines(run: BatchRun, photos: dict[int, Photo]) -> Callable[[int], Outline | None]:
    """Outlines by photo id; None of a photo that is gone or damaged by now."""

    @lru_cache(maxsize=_OUTLINES)
    def outline(photo_id: int) -> Outline | None:
        photo = photos.get(photo_id)
        if photo is None:
            return None
        try:
            return outline_of(read_bytes(run, photo), short_side=min(photo.width, photo.height))
        except InputError:
            return None

    return outline
