"""`python -m benchmarks.coverage_plans --faces FILE`: whether audits become as exact as plans promised.

FILE is what `benchmarks.coverage` keeps. For each case, 300 faces are planned before the first audited face
and after 100, and compared with the interval of an audit of 300 faces.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage import SHARES
from benchmarks.coverage_draws import SHIFTS, Population, draw_audit, draw_population
from benchmarks.coverage_faces import LabelledFaces, load_faces
from core.estimates.evidence import Evidence
from core.estimates.interval import PEOPLE
from core.estimates.planner import Planner
from core.estimates.shares import estimate_shares

FIRST, WHOLE = 100, 300


def main() -> int:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage_plans", description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="file of benchmarks.coverage (.npz)")
    parser.add_argument("--populations", type=int, default=20)
    parser.add_argument("--classifiers", nargs="+", default=list(SHIFTS), choices=list(SHIFTS))
    given = parser.parse_args()
    for line in table(load_faces(given.faces), given.populations, given.classifiers):
        print(line, flush=True)
    return 0


def table(faces: LabelledFaces, populations: int, classifiers: Sequence[str]) -> Iterator[str]:
    """A Markdown table: median and range of planned / actual width, over all labels and populations."""
    yield "| classifier | share | planned before the audit | planned after 100 faces |"
    yield "|---|---|---|---|"
    for classifier in classifiers:
        for share in SHARES:
            rng = np.random.default_rng(round(share * 100))
            drawn = [draw_population(faces, share, rng, SHIFTS[classifier]) for _ in range(populations)]
            ratios = np.array([plan_ratios(population, rng) for population in drawn])
            before, after = (_words(ratios[:, place]) for place in range(2))
            yield f"| {classifier} | {share:g} | {before} | {after} |"


def plan_ratios(population: Population, rng: np.random.Generator) -> NDArray[np.float64]:
    """Planned / actual width of PEOPLE, before the audit and after 100 faces, float64 (2, 3)."""
    whole = estimate_shares(draw_audit(population, WHOLE, rng))
    actual = np.array([whole.of(label).half_width for label in PEOPLE], np.float64)
    before = Planner(Evidence(population=population.cells))
    after = Planner(draw_audit(population, FIRST, rng))
    return np.array(
        [
            [planner.plan(label, more).half_width for label in PEOPLE] / actual
            for planner, more in ((before, WHOLE), (after, WHOLE - FIRST))
        ]
    )


def _words(ratios: NDArray[np.float64]) -> str:
    low, middle, high = np.quantile(ratios, (0.05, 0.5, 0.95))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    sys.exit(main())
