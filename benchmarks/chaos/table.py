"""The findings of many runs as a Markdown table and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.chaos.run import Outcome
from benchmarks.chaos.world import Kind

_HEAD = (
    "| database | runs | jobs | faults | photos | lost | doubled | wrong counters | needed a hand "
    "| slowest recovery |\n|---|---|---|---|---|---|---|---|---|---|"
)


def to_markdown(outcomes: Sequence[Outcome]) -> str:
    """One row for each database."""
    rows = [_row(kind, [each for each in outcomes if each.database is kind]) for kind in Kind]
    return "\n".join([_HEAD, *filter(None, rows)])


def _row(kind: Kind, outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return ""
    found = [each.findings for each in outcomes]
    numbers = [
        len(outcomes),
        sum(each.jobs for each in outcomes),
        sum(len(hit.names) for each in outcomes for hit in each.hits),
        sum(each.photos for each in found),
        sum(len(each.lost) for each in found),
        sum(len(each.doubled) for each in found),
        sum(len(each.miscounted) for each in found),
        sum(len(each.unfinished) for each in found),
    ]
    slowest = max(each.slowest_recovery for each in outcomes)
    return f"| {kind.value} | {' | '.join(f'{number:,}' for number in numbers)} | {slowest:.1f} s |"


def faults_to_markdown(outcomes: Sequence[Outcome]) -> str:
    """One row for each kind of fault: how often, and its recoveries where it came alone."""
    hits = [hit for each in outcomes for hit in each.hits]
    lines = ["| fault | times | median recovery | slowest |", "|---|---|---|---|"]
    for name in sorted({name for hit in hits for name in hit.names}):
        times = sum(name in hit.names for hit in hits)
        alone = sorted(hit.recovery for hit in hits if hit.names == (name,) and hit.recovery is not None)
        middle, slowest = (f"{alone[len(alone) // 2]:.1f} s", f"{alone[-1]:.1f} s") if alone else ("", "")
        lines.append(f"| {name} | {times} | {middle} | {slowest} |")
    return "\n".join(lines)


def to_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Everything of every run."""
    return [asdict(each) | {"slowest_recovery": each.slowest_recovery} for each in outcomes]
