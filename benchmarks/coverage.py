"""`python -m benchmarks.coverage --photos FOLDER --faces FILE`: how often intervals of shares are right.

FOLDER has `images` and `annotations` (Pascal VOC), whose boxes are the truth. The product's detector and
shipped classifier run over it once; what they found is kept in FILE. Photos are then drawn with replacement
so that a given share of the people wear a mask. Audits of these populations are drawn, and their 95%
intervals compared with the true shares. Beside the shipped classifier there are shifted ones
(`benchmarks/coverage_draws.py`).
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_draws import (
    SHIFTS,
    Population,
    draw_audit,
    draw_population,
    split_groups,
    wilson_alone,
)
from benchmarks.coverage_faces import LabelledFaces, detect_faces, load_faces
from benchmarks.coverage_methods import METHODS, Ends
from core.errors import MaskloopError
from core.estimates.problem import find_problem

SHARES = (0.02, 0.5, 0.98)
AUDITS = (50, 100, 300)
ALONE = "audit alone"
#: The intervals of the product for groups of photos, from the audit of the whole job.
IN_GROUPS = "product, in groups"
GROUPS = 6


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Coverage and mean width over the audits of one case, by label as PEOPLE.

    `refused` is the part of the audits without an interval.
    """

    classifier: str
    share: float
    audited: int
    method: str
    audits: int
    refused: float
    coverage: tuple[float, float, float]
    width: tuple[float, float, float]


def main() -> int:
    """Measure, and print a Markdown table or JSON."""
    given = _arguments()
    try:
        faces = _read_faces(given.photos, given.faces, given.weights)
    except MaskloopError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    outcomes = measure(
        faces,
        given.populations,
        given.audits,
        methods=given.methods,
        shares=given.shares,
        sizes=given.sizes,
        classifiers=given.classifiers,
    )
    if given.json:
        print(json.dumps([asdict(each) for each in outcomes], indent=1))
        return 0
    for line in table(outcomes):
        print(line, flush=True)
    return 0


def measure(
    faces: LabelledFaces,
    populations: int,
    audits: int,
    *,
    methods: Sequence[str] = ("product",),
    shares: Sequence[float] = SHARES,
    sizes: Sequence[int] = AUDITS,
    classifiers: Sequence[str] = tuple(SHIFTS),
) -> Iterator[Outcome]:
    """The outcome of each case: `audits` audits of each of `populations` populations."""
    for classifier in classifiers:
        for share in shares:
            rng = np.random.default_rng(round(share * 100))
            drawn = [draw_population(faces, share, rng, SHIFTS[classifier]) for _ in range(populations)]
            for size in sizes:
                hits: dict[str, list[NDArray[np.float64]]] = {}
                for population in [each for each in drawn for _ in range(audits)]:
                    for method, row in _audit(population, size, methods, rng):
                        hits.setdefault(method, []).append(row)
                for method, rows in hits.items():
                    yield _outcome(classifier, share, size, method, np.array(rows))


def table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """A Markdown table, one row a case and method; coverage and width are of the three labels."""
    yield "| classifier | share | audited | interval | coverage, % | mean width, points | refused | alone |"
    yield "|---|---|---|---|---|---|---|---|"
    alone = "–"
    for each in outcomes:
        width = " / ".join(f"{100 * value:.1f}" for value in each.width)
        if each.method == ALONE:
            alone = width
            continue
        coverage = " / ".join(f"{100 * value:.1f}" for value in each.coverage)
        case = f"{each.classifier} | {each.share:g} | {each.audited} | {each.method}"
        yield f"| {case} | {coverage} | {width} | {100 * each.refused:.0f}% | {alone} |"


def _audit(
    population: Population, size: int, methods: Sequence[str], rng: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """For each method whether the interval holds each true share, and its widths; NaN if refused."""
    yield ALONE, _row(population, wilson_alone(population, size, rng))
    evidence = draw_audit(population, size, rng)
    for method in methods:
        if method == IN_GROUPS:
            for part, of_part in split_groups(population, evidence, GROUPS):
                yield method, _row(part, None if find_problem(of_part) else METHODS["product"](of_part))
        else:
            is_refused = method == "product" and find_problem(evidence) is not None
            yield method, _row(population, None if is_refused else METHODS[method](evidence))


def _row(population: Population, ends: Ends | None) -> NDArray[np.float64]:
    """Hits and widths (6,) of the three labels; NaN without an interval."""
    if ends is None:
        return np.full(6, np.nan)
    (low, high), truth = ends, population.shares
    return np.concatenate([(low <= truth + 1e-12) & (truth <= high + 1e-12), high - low])


def _outcome(classifier: str, share: float, size: int, method: str, rows: NDArray[np.float64]) -> Outcome:
    refused = np.isnan(rows[:, 0])
    means = [float(value) for value in rows[~refused].mean(axis=0)] if not refused.all() else [np.nan] * 6
    return Outcome(
        classifier=classifier,
        share=share,
        audited=size,
        method=method,
        audits=len(rows),
        refused=float(refused.mean()),
        coverage=(means[0], means[1], means[2]),
        width=(means[3], means[4], means[5]),
    )


def _read_faces(photos: Path | None, file: Path, weights: Path) -> LabelledFaces:
    if photos is not None and not file.exists():
        detect_faces(photos, weights).save(file)
    return load_faces(file)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--photos", type=Path, help="folder with images and annotations")
    parser.add_argument("--faces", type=Path, required=True, help="file that keeps what was found (.npz)")
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of pretrained weights")
    parser.add_argument("--populations", type=int, default=20, help="populations of each case")
    parser.add_argument("--audits", type=int, default=20, help="audits of each population")
    parser.add_argument("--methods", nargs="+", default=["product"], choices=[*METHODS, IN_GROUPS])
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES, help="of people with a mask")
    parser.add_argument("--sizes", type=int, nargs="+", default=AUDITS, help="audited faces")
    parser.add_argument("--classifiers", nargs="+", default=list(SHIFTS), choices=list(SHIFTS))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
