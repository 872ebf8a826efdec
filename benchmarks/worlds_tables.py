"""Markdown tables of `benchmarks.worlds`."""

from collections.abc import Iterator
from typing import Any

from core.number_text import metric, number
from models.label import Label

_TASKS = {"three": "three labels", "two": "two labels", "face": "faces, any label"}
_NEGATIVES = "negatives"


def lines(metrics: dict[str, Any]) -> Iterator[str]:
    """The tables of all sets; `metrics` by the name of the set."""
    worlds = {name: found for name, found in metrics.items() if name != _NEGATIVES}
    yield from _precision(worlds)
    yield ""
    yield from _counts(worlds)
    if _NEGATIVES in metrics:
        found = metrics[_NEGATIVES]
        yield ""
        a_photo = metric(found["a_photo"])
        yield f"{number(found['photos'])} photos without people: {a_photo} false faces a photo."


def _precision(worlds: dict[str, Any]) -> Iterator[str]:
    sizes = ["16-32", "32-64", "64+", "32+"]
    yield f"| photos | AP of | IoU | {' | '.join(f'{size} px' for size in sizes)} |"
    yield "|" + "---|" * (len(sizes) + 3)
    for name, found in worlds.items():
        for overlap, tasks in found["ap"].items():
            for task, by_size in tasks.items():
                cells = " | ".join(metric(by_size[size]) for size in sizes)
                yield f"| {name} ({number(found['photos'])}) | {_TASKS[task]} | {overlap} | {cells} |"


def _counts(worlds: dict[str, Any]) -> Iterator[str]:
    """True faces of 32 px and more: found and shown, rejected, and right of those that were found."""
    yield (
        "| faces of 32 px and more, IoU 0.3 | recall | rejected | with_mask right | without_mask right |"
        " incorrect right | called incorrect, of them wrong |"
    )
    yield "|---|---|---|---|---|---|---|"
    columns = [label.value for label in Label]
    incorrect = columns.index(Label.INCORRECT.value)
    for name, found in worlds.items():
        shown = found["faces"] - found["missed"] - found["rejected"]
        labels = found["labels"]
        right = [f"{row[columns.index(label)]} of {sum(row)}" for label, row in labels.items()]
        called = sum(row[incorrect] for row in labels.values())
        wrong = called - labels[Label.INCORRECT.value][incorrect]
        cells = [
            name,
            f"{metric(shown / max(found['faces'], 1))} ({number(found['faces'])})",
            f"{found['rejected']} of {found['faces'] - found['missed']}",
            *right,
            f"{called}, {wrong}",
        ]
        yield f"| {' | '.join(cells)} |"
