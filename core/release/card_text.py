"""The card for people: what the classifier was trained on, how well it does, and what it cannot do."""

from collections.abc import Iterator
from typing import Any

CANNOT = (
    "It cannot tell whether a mask is of a kind that protects, fits tightly or is clean.",
    "Faces below 16 px are not looked for (the few there are count in the rows of all sizes); between 16 and "
    "32 px an incorrectly worn mask is mostly not legible, to a person either.",
    "`incorrect` is the rarest label (130 boxes in all photos): its figures have wide intervals, and its "
    "training leans on portraits and on masks drawn onto bare faces.",
    "Faces in deep profile, seen from behind or from above, and faces covered by more than a mask are often "
    "not found at all.",
    "A scarf or a hand over the mouth is no mask, and it was trained to say so, but on drawn ones alone: a "
    "real scarf pulled over the nose may still be taken for a mask. Veils and shields were not measured.",
    "Ages, skin tones and regions were neither balanced nor measured apart. Measure on your own photos "
    "before relying on it.",
    "A few labels of the data are wrong, in training and in the figures. Faces that nobody drew a box around "
    "count as false alarms.",
    "Near-duplicates are sought between whole pictures and between faces of 32 px and more: the same person "
    "on another day, or smaller, may be in another split.",
    "It must not be used to decide about a single person without somebody looking at the photo.",
)

FIGURES_INTRODUCTION = """\
{photos} photos of the test split. AP at IoU 0.5, all-point interpolation. A face's size is the square root of
its box's area in pixels; boxes of other sizes are left out, not counted as mistakes. Intervals (95 %) come
from drawing the photos anew 300 times. In the two-class task `incorrect` counts as `without_mask`. Every
found box is counted once, under its likeliest label."""


def card_text(card: dict[str, Any]) -> str:
    """The card as Markdown."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: dict[str, Any]) -> Iterator[str]:
    yield f"# {card['name']}"
    yield ""
    yield card["summary"]
    yield ""
    yield from _figures(card)
    yield from _crops(card)
    yield from _covers(card)
    yield from _data(card)
    yield from _fit(card)
    yield "## What it cannot do"
    yield ""
    yield from (f"- {line}" for line in CANNOT)
    yield ""
    yield "## Files"
    yield ""
    for part in ("classifier", "correction", "weights"):
        yield f"- `{card[part]['name']}`: SHA-256 `{card[part]['sha256']}`"
    side, context = card["input"]["side"], card["input"]["context"]
    yield f"- Temperature {card['temperature']}, input {side} px, crop {context} face sizes wide."


def _figures(card: dict[str, Any]) -> Iterator[str]:
    figures = card["figures"]
    yield "## Whole photos it never saw"
    yield ""
    yield FIGURES_INTRODUCTION.format(photos=figures["photos"])
    yield from figures.get("notes", [])
    for task, title in (("three", "Three classes"), ("two", "Two classes"), ("face", "Faces, any label")):
        yield ""
        yield from task_table(figures["test"][task], title)
    yield ""


def task_table(cells: dict[str, Any], title: str) -> Iterator[str]:
    """One task's figures as the lines of a Markdown table."""
    classes = list(next(iter(cells.values()))["classes"])
    yield (
        f"| {title}, face size | mean AP (interval) | "
        + " | ".join(f"{name} (boxes)" for name in classes)
        + " |"
    )
    yield "|" + "---|" * (len(classes) + 2)
    for size, cell in cells.items():
        mean = cell["mean"]
        interval = f"{_number(mean['low'])} to {_number(mean['high'])}"
        row = [f"{size} px" if size != "all" else "all", f"{_number(mean['value'])} ({interval})"]
        for name in classes:
            found = cell["classes"][name]
            row.append(f"{_number(found['ap'])}, recall {_number(found['recall'])} ({found['boxes']})")
        yield "| " + " | ".join(row) + " |"


def _crops(card: dict[str, Any]) -> Iterator[str]:
    crops = card["figures"]["test_crops"]
    yield "## Crops it never saw"
    yield ""
    yield f"{crops['count']} crops: accuracy {_number(crops['accuracy'])}, calibration error"
    yield (
        f"{crops['calibration_error']:.3f}. Recall by label: "
        + ", ".join(f"{label} {_number(value)}" for label, value in crops["recall"].items())
        + "."
    )
    yield ""
    yield from label_table(crops.get("by_size", {}))


def label_table(cells: dict[str, Any]) -> Iterator[str]:
    """Figures a label and a face size as the lines of a Markdown table; none where there are none."""
    if not cells:
        return
    yield f"| face size | macro F1 (interval) | {' | '.join(next(iter(cells.values()))['labels'])} |"
    yield "|---|---|---|---|---|---|"
    for size, cell in cells.items():
        macro = cell["macro_f1"]
        row = [
            f"{size} px" if size != "all" else "all",
            f"{_number(macro['value'])} ({_number(macro['low'])} to {_number(macro['high'])})",
        ]
        for found in cell["labels"].values():
            shares = "/".join(_number(found[name]) for name in ("precision", "recall", "f1"))
            row.append(f"{shares} ({found['count']})")
        yield f"| {' | '.join(row)} |"
    yield ""
    yield "A label's cell: precision/recall/F1 (crops)."
    yield ""


def _covers(card: dict[str, Any]) -> Iterator[str]:
    """What scarves and hands are taken for, where the card has it."""
    covered = card["figures"].get("covered_crops")
    if covered is None:
        return
    told = ", ".join(
        f"{source.removeprefix('drawn/')} {_number(share)}" for source, share in covered["by_source"].items()
    )
    yield "## Scarves and hands"
    yield ""
    yield f"Drawn over the mouths of {covered['count']} bare test faces, half and half. Share that stays"
    yield f"without_mask: {told}."
    yield ""


def _fit(card: dict[str, Any]) -> Iterator[str]:
    """How the network came about: its width, and the wide one that taught it."""
    network, narrow = card.get("network"), card.get("narrow_recipe")
    if network is None:
        return
    yield "## How it was fitted"
    yield ""
    yield f"{network['kind']} of width {network['width']}, by one run of `python -m core.release`."
    recipe = narrow or card["recipe"]
    if recipe.get("averaged", 1) > 1:
        yield f"Its weights are the mean of those at the ends of the last {recipe['averaged']} cycles."
    if narrow is not None:
        share = round(100 * narrow["teacher_share"])
        yield "A network of width 1 was fitted first, from ImageNet weights. The shipped one began with the"
        yield f"channels of it that weigh most, and learned {share} % from its answers, the rest from labels."
    agreement = _number(card["export"]["agreement"])
    yield f"8-bit and 16-bit files give the same label for {agreement} of the validation crops; shipped is"
    yield f"the {card['export']['kind']} one."
    yield ""


def _data(card: dict[str, Any]) -> Iterator[str]:
    yield "## Data"
    yield ""
    yield card["data"]["text"]
    yield ""
    yield "| source | train | validation | test | accuracy on test |"
    yield "|---|---|---|---|---|"
    accuracy = card["figures"]["test_crops"]["by_source"]
    for source, counts in card["data"]["crops"].items():
        right = _number(accuracy.get(source))
        yield f"| {source} | {counts['train']} | {counts['validation']} | {counts['test']} | {right} |"
    yield ""


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
