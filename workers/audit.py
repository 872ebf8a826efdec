"""The handler that draws audit samples."""

import time
from functools import partial

from core.audit.counts import FaceCounts
from core.audit.draw import FaceDraw, PhotoDraw
from core.audit.job_kind import AUDIT, DRAW_STAGE
from core.audit.population import DrawPoint, PopulationSlice, Standing, read_slice
from core.audit.queries import count_drawn_by_stratum, get_sample, point_of
from core.audit.store import save_draw
from core.audit.strata import stratum_number
from core.jobs.finish import finish_batch
from core.jobs.queries import get_job
from core.review.queues.store import save_progress
from models import Job
from workers.engine import BatchRun, handles

#: Shortest time between two updates of the progress.
_PROGRESS_SECONDS = 1.0


@handles(DRAW_STAGE)
def draw_sample(run: BatchRun) -> None:
    """Draw the faces and photos that the sample lacks; the last transaction writes all of them."""
    with run.db.read() as session:
        own = session.get_one(Job, run.claim.job_id)
        sample = get_sample(session, AUDIT.options_of(own).sample_id)
        job = get_job(session, sample.job_id)
        # The first draw decides for which faces the sample stands; later ones add to it.
        point = point_of(sample) or DrawPoint.now(session)
        before = count_drawn_by_stratum(session, sample)
    faces = FaceDraw(seed=sample.seed, faces=max(sample.faces, sum(before.values())))
    photos, counts = PhotoDraw(seed=sample.seed, photos=sample.photos), FaceCounts()
    run.compute(lambda: _read_all(run, job, point, faces, photos, counts))
    sizes, drawn = faces.draw(before)
    with run.db.write() as session:
        save_draw(
            session,
            run.claim,
            get_sample(session, sample.id),
            job=get_job(session, job.id),
            point=point,
            counts=counts,
            sizes=sizes,
            faces=drawn,
            photos=photos.draw(),
        )
        finish_batch(session, run.claim)


def _read_all(
    run: BatchRun, job: Job, point: DrawPoint, faces: FaceDraw, photos: PhotoDraw, counts: FaceCounts
) -> None:
    """Show every face and photo of the job to the draws; each slice is read in a session of its own."""
    after, written_at = -1, time.monotonic()
    while True:
        run.check()
        with run.db.read() as session:
            part = read_slice(session, job, point, after=after)
        if part is None:
            return
        after = part.last_position
        photos.add(part.photos)
        _add_faces(part, faces, counts)
        if time.monotonic() - written_at >= _PROGRESS_SECONDS:
            written_at, done = time.monotonic(), after + 1
            run.write(partial(save_progress, claim=run.claim, done=done, found=job.photos_found))


def _add_faces(part: PopulationSlice, faces: FaceDraw, counts: FaceCounts) -> None:
    sampled = []
    for face in part.faces:
        counts.add(face)
        if face.standing is Standing.SAMPLED and face.predicted is not None:
            stratum = stratum_number(face.predicted, face.sureness)
            sampled.append((face.face_id, face.position, stratum, face.sureness))
    faces.add(sampled)
