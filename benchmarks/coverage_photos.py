"""`python -m benchmarks.coverage_photos --faces FILE`: how often intervals of missed faces are right.

FILE is what `benchmarks.coverage` keeps. Jobs of 1000 photos are drawn from it with replacement; in a random
sample of their photos people box every face. The intervals of the missed and invented faces, and of the
shares among all people after 300 audited faces, are compared with the truth of the job.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_draws import Population, draw_audit
from benchmarks.coverage_faces import LabelledFaces, load_faces
from core.audit.strata import stratum_number
from core.estimates.interval import PEOPLE
from core.estimates.photo_audit import CheckedPhoto, PhotoAudit, Rate, estimate_all_people, estimate_finder
from core.estimates.shares import Share
from models.label import Label

PHOTOS = 1000
CHECKED = (50, 100, 300)
AUDITED = 300
_LABELS = tuple(Label)
_NO_FACE = _LABELS.index(Label.NOT_A_FACE)
_NAMES = ("missed", "invented", *(label.value for label in PEOPLE))


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job's photos as people would check them, its faces, and what is true of all of it."""

    photos: tuple[CheckedPhoto, ...]
    faces: Population
    #: float64 (5,): rates of missed and invented faces, shares of PEOPLE among all people.
    truth: NDArray[np.float64]

    @property
    def shown(self) -> int:
        """Faces that results show."""
        return sum(photo.confirmed + photo.invented for photo in self.photos)


def main() -> int:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage_photos", description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="file of benchmarks.coverage (.npz)")
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--audits", type=int, default=20, help="of each job")
    given = parser.parse_args()
    for line in table(load_faces(given.faces), given.jobs, given.audits):
        print(line, flush=True)
    return 0


def table(faces: LabelledFaces, jobs: int, audits: int, checked: Sequence[int] = CHECKED) -> Iterator[str]:
    """A Markdown table: coverage and mean width of each interval by the number of checked photos."""
    yield f"| checked photos | {' | '.join(_NAMES)} |"
    yield "|---|" + "---|" * len(_NAMES)
    rng = np.random.default_rng(1)
    drawn = [draw_job(faces, rng) for _ in range(jobs)]
    for count in checked:
        rows = np.array([check(job, count, rng) for job in drawn for _ in range(audits)])
        means = rows.mean(axis=0)
        cells = [f"{100 * hit:.1f}%, {100 * width:.1f} points" for hit, width in zip(*means, strict=True)]
        yield f"| {count} | {' | '.join(cells)} |"


def check(job: Job, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Whether each interval holds the truth, and its width, float64 (2, 5)."""
    chosen = rng.choice(len(job.photos), count, replace=False)
    audit = PhotoAudit(
        photos=len(job.photos), faces=job.shown, checked=tuple(job.photos[each] for each in chosen)
    )
    rates, shares = estimate_finder(audit), estimate_all_people(draw_audit(job.faces, AUDITED, rng), audit)
    found: list[Rate | Share] = [rates.missed, rates.invented, *(share for _, share in shares)]
    low, high = np.array([(each.low, each.high) for each in found], np.float64).T
    return np.array([(low <= job.truth + 1e-12) & (job.truth <= high + 1e-12), high - low])


def draw_job(faces: LabelledFaces, rng: np.random.Generator) -> Job:
    """1000 photos drawn with replacement."""
    size = int(max(faces.photos.max(), faces.missed_photos.max())) + 1
    chosen = rng.integers(size, size=PHOTOS)
    found, missed = _by_photo(faces.photos, size), _by_photo(faces.missed_photos, size)
    rows = np.concatenate([found[photo] for photo in chosen])
    predicted, confidence = faces.probabilities[rows].argmax(axis=1), faces.probabilities[rows].max(axis=1)
    pairs = zip(predicted.tolist(), confidence.tolist(), strict=True)
    photos = tuple(_checked(faces, found[photo], missed[photo]) for photo in chosen)
    return Job(
        photos=photos,
        faces=Population(
            stratum=np.array([stratum_number(_LABELS[label], sure) for label, sure in pairs], np.int64),
            truth=faces.truth[rows],
            photos=np.repeat(np.arange(PHOTOS), [len(found[photo]) for photo in chosen]),
            confidence=confidence,
        ),
        truth=_truth(faces, photos, rows, np.concatenate([missed[photo] for photo in chosen])),
    )


def _truth(
    faces: LabelledFaces, photos: Sequence[CheckedPhoto], rows: NDArray[np.int64], missed: NDArray[np.int64]
) -> NDArray[np.float64]:
    unseen = sum(sum(photo.missed.values()) + sum(photo.hidden.values()) for photo in photos)
    confirmed, invented = sum(photo.confirmed for photo in photos), sum(photo.invented for photo in photos)
    people = np.bincount(faces.truth[rows], minlength=len(_LABELS))[: len(PEOPLE)].astype(float)
    people += np.bincount(faces.missed_truth[missed], minlength=len(_LABELS))[: len(PEOPLE)]
    rates = [unseen / (unseen + confirmed), invented / (invented + confirmed)]
    return np.array([*rates, *(people / people.sum())])


def _checked(faces: LabelledFaces, found: NDArray[np.int64], missed: NDArray[np.int64]) -> CheckedPhoto:
    """One photo: what people find in it."""
    truth, shown = faces.truth[found], faces.probabilities[found].argmax(axis=1) != _NO_FACE
    return CheckedPhoto(
        confirmed=int((shown & (truth != _NO_FACE)).sum()),
        invented=int((shown & (truth == _NO_FACE)).sum()),
        missed=Counter(_LABELS[each] for each in faces.missed_truth[missed]),
        hidden=Counter(_LABELS[each] for each in truth[~shown & (truth != _NO_FACE)]),
    )


def _by_photo(photos: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """Rows of each photo."""
    order = np.argsort(photos, kind="stable")
    return np.split(order, np.searchsorted(photos[order], np.arange(1, size)))


if __name__ == "__main__":
    sys.exit(main())
