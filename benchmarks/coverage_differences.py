"""`python -m benchmarks.coverage_differences --faces FILE`: how often intervals of differences are right.

FILE is that of `benchmarks/coverage.py`. Two jobs are drawn, each with an audit of its own; the interval of
the difference of their corrected shares, as pages show it, is compared with the true difference. Either job
may have a shifted classifier: "shipped, night" are two cameras of which the second one fails at night.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_draws import SHIFTS, Population, draw_audit, draw_population
from benchmarks.coverage_faces import LabelledFaces, load_faces
from core.estimates.difference import subtract_shares
from core.estimates.interval import PEOPLE
from core.estimates.shares import Estimate, estimate_shares

#: Classifiers of the first and the second job.
CLASSIFIERS = (("shipped", "shipped"), ("biased", "biased"), ("night", "night"), ("shipped", "night"))
#: Shares of people with a mask in the first and the second job.
SHARES = ((0.02, 0.02), (0.5, 0.5), (0.5, 0.98), (0.98, 0.98))
AUDITS = (50, 100, 300)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two jobs, each audited `audited` faces."""

    classifiers: tuple[str, str]
    shares: tuple[float, float]
    audited: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Coverage and mean width of the interval, by label as PEOPLE, and the mean error of the raw difference.

    `refused` is the part of the pairs without an interval.
    """

    case: Case
    pairs: int
    refused: float
    coverage: tuple[float, ...]
    width: tuple[float, ...]
    raw_error: tuple[float, ...]


def main() -> int:
    """Measure, and print a Markdown table."""
    given = _arguments()
    faces = load_faces(given.faces)
    print("| classifiers | shares | audited | coverage, % | mean width, points | raw difference off by |")
    print("|---|---|---|---|---|---|")
    for each in measure(faces, given.populations, given.audits, sizes=given.sizes):
        print(_line(each), flush=True)
    return 0


def measure(
    faces: LabelledFaces,
    populations: int,
    audits: int,
    *,
    classifiers: Sequence[tuple[str, str]] = CLASSIFIERS,
    shares: Sequence[tuple[float, float]] = SHARES,
    sizes: Sequence[int] = AUDITS,
) -> Iterator[Outcome]:
    """The outcome of each case: `audits` pairs of audits of each of `populations` pairs of jobs."""
    for names, wanted in product(classifiers, shares):
        rng = np.random.default_rng(round(100 * sum(wanted)))
        pairs = [
            [
                draw_population(faces, share, rng, SHIFTS[name])
                for name, share in zip(names, wanted, strict=True)
            ]
            for _ in range(populations)
        ]
        for size in sizes:
            rows = [_difference(first, second, size, rng) for first, second in pairs for _ in range(audits)]
            yield _outcome(Case(classifiers=names, shares=wanted, audited=size), np.array(rows))


def _difference(
    first: Population, second: Population, size: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Hits, widths and errors of the raw difference, float64 (9,); NaN for hits and widths if refused."""
    one, two = (estimate_shares(draw_audit(job, size, rng)) for job in (first, second))
    truth = second.shares - first.shares
    return np.concatenate([*np.array([_row(one, two, place, float(truth[place])) for place in range(3)]).T])


def _row(one: Estimate, two: Estimate, place: int, truth: float) -> tuple[float, float, float]:
    first, second = one.of(PEOPLE[place]), two.of(PEOPLE[place])
    found = subtract_shares(first, second)
    raw = abs((second.raw or 0.0) - (first.raw or 0.0) - truth)
    if found.low is None or found.high is None:
        return np.nan, np.nan, raw
    return float(found.low <= truth + 1e-12 and truth <= found.high + 1e-12), found.high - found.low, raw


def _outcome(case: Case, rows: NDArray[np.float64]) -> Outcome:
    refused = np.isnan(rows[:, 0])
    means = tuple(float(value) for value in np.nanmean(rows, axis=0))
    return Outcome(
        case=case,
        pairs=len(rows),
        refused=float(refused.mean()),
        coverage=means[:3],
        width=means[3:6],
        raw_error=means[6:],
    )


def _line(outcome: Outcome) -> str:
    """A row of a Markdown table; widths and errors are in points."""
    case = outcome.case
    coverage = " / ".join(f"{100 * value:.1f}" for value in outcome.coverage)
    width = " / ".join(f"{100 * value:.1f}" for value in outcome.width)
    wrong = " / ".join(f"{100 * value:.1f}" for value in outcome.raw_error)
    shares = " and ".join(f"{value:g}" for value in case.shares)
    refused = f" ({100 * outcome.refused:.0f}% refused)" if outcome.refused else ""
    jobs = f"{', '.join(case.classifiers)} | {shares} | {case.audited}"
    return f"| {jobs} | {coverage}{refused} | {width} | {wrong} |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage_differences", description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="file of benchmarks.coverage (.npz)")
    parser.add_argument("--populations", type=int, default=20, help="pairs of jobs of each case")
    parser.add_argument("--audits", type=int, default=10, help="pairs of audits of each pair of jobs")
    parser.add_argument("--sizes", type=int, nargs="+", default=AUDITS, help="audited faces of each job")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
