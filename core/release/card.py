"""Write the folder of a classifier: its files, `card.json` for programs and `CARD.md` for people."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.detection.card import CARD_FILE
from core.detection.crop import crop_entry
from core.number_text import is_too_few, metric, number
from models.label import Label

LIMITATIONS = (
    "It cannot tell whether a mask is of a protective kind, fits tightly or is clean.",
    'Faces below 16 px are not searched for (the few in the photos count in the rows "all"); between 16 and '
    "32 px an incorrectly worn mask is mostly unrecognisable, for people too.",
    "`incorrect` is the rarest label (130 boxes in all photos): its metrics have wide intervals, and its "
    "training relies on portraits and on masks drawn onto bare faces.",
    "Faces in deep profile, seen from behind or from above, and faces covered by more than a mask are often "
    "not found at all.",
    "A scarf or a hand over the mouth is not a mask. It was trained on that with drawn ones only: a real "
    "scarf pulled over the nose may still be classified as a mask, and a bottle or a glass at the mouth as "
    "`incorrect`. Veils and face shields were not tested.",
    "Ages, skin tones and regions were neither balanced nor evaluated separately. Evaluate it on your own "
    "photos before you rely on it.",
    "A few labels are wrong, in the training data and in the test data. Faces that the annotators missed "
    "count as false positives.",
    "Near-duplicates were searched for between whole pictures and between faces of at least 32 px: the same "
    "person on another day, or smaller, may be in another split.",
    "Do not use it to decide about a person unless somebody looks at the photo.",
)

METRICS_INTRODUCTION = """\
{photos} photos of the test split. AP at IoU 0.5, all-point interpolation. A face's size is the square root of
its box's area in pixels; boxes of other sizes are ignored, not counted as errors. Intervals (95 %) are
bootstrap intervals over photos, from 300 resamples. With two classes `incorrect` counts as `without_mask`.
Every detected box is a detection of every label, scored by the detector times the label's probability."""


def card_text(card: dict[str, Any]) -> str:
    """The card as Markdown."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: dict[str, Any]) -> Iterator[str]:
    yield f"# {card['name']}"
    yield ""
    yield card["summary"]
    yield ""
    yield from _photos(card)
    yield from _crops(card)
    yield from _covers(card)
    yield from _data(card)
    yield from _fit(card)
    yield "## Limitations"
    yield ""
    yield from (f"- {line}" for line in LIMITATIONS)
    yield ""
    yield "## Files"
    yield ""
    for part in ("classifier", "weights"):
        yield f"- `{card[part]['name']}`: SHA-256 `{card[part]['sha256']}`"
    side, context, down = (card["input"][name] for name in ("side", "context", "down"))
    yield f"- Temperature {card['temperature']}, input {side} px. The crop is {context} face sizes wide;"
    yield f"  its centre is {down} face sizes below that of the box."


def _photos(card: dict[str, Any]) -> Iterator[str]:
    figures = card["figures"]
    yield "## Whole photos of the test split"
    yield ""
    yield METRICS_INTRODUCTION.format(photos=figures["photos"])
    yield from figures.get("notes", [])
    for task, title in (("three", "Three classes"), ("two", "Two classes"), ("face", "Faces, any label")):
        yield ""
        yield from task_table(figures["test"][task], title)
    yield ""


def task_table(cells: dict[str, Any], title: str) -> Iterator[str]:
    """The metrics of one task as the lines of a Markdown table."""
    classes = list(next(iter(cells.values()))["classes"])
    yield (
        f"| {title}, face size | mean AP (interval) | "
        + " | ".join(f"{name} (boxes)" for name in classes)
        + " |"
    )
    yield "|" + "---|" * (len(classes) + 2)
    for size, cell in cells.items():
        mean = cell["mean"]
        interval = f"{metric(mean['low'])} to {metric(mean['high'])}"
        row = [f"{size} px" if size != "all" else "all", f"{metric(mean['value'])} ({interval})"]
        for name in classes:
            found = cell["classes"][name]
            row.append(_box_cell(found))
        yield "| " + " | ".join(row) + " |"


def _box_cell(found: dict[str, Any]) -> str:
    if is_too_few(found["boxes"]):
        return f"too few ({number(found['boxes'])})"
    return f"{metric(found['ap'])}, recall {metric(found['recall'])} ({number(found['boxes'])})"


def _crops(card: dict[str, Any]) -> Iterator[str]:
    crops = card["figures"]["test_crops"]
    cells = crops.get("by_size", {})
    counts = {label: cell["count"] for label, cell in cells.get("all", {"labels": {}})["labels"].items()}
    yield "## Crops of the test split"
    yield ""
    yield f"{number(crops['count'])} crops: accuracy {metric(crops['accuracy'])}, calibration error"
    yield (
        f"{metric(crops['calibration_error'])}. Recall by label: "
        + ", ".join(f"{label} {metric(value, counts.get(label))}" for label, value in crops["recall"].items())
        + "."
    )
    yield ""
    yield from label_table(cells)


def label_table(cells: dict[str, Any]) -> Iterator[str]:
    """Metrics by label and face size as the lines of a Markdown table; none where the card has none."""
    if not cells:
        return
    yield f"| face size | macro F1 (interval) | {' | '.join(next(iter(cells.values()))['labels'])} |"
    yield "|---|---|---|---|---|---|"
    for size, cell in cells.items():
        macro = cell["macro_f1"]
        row = [
            f"{size} px" if size != "all" else "all",
            f"{metric(macro['value'])} ({metric(macro['low'])} to {metric(macro['high'])})",
        ]
        for found in cell["labels"].values():
            shares = "/".join(metric(found[name]) for name in ("precision", "recall", "f1"))
            few = is_too_few(found["count"])
            row.append(f"{'too few' if few else shares} ({number(found['count'])})")
        yield f"| {' | '.join(row)} |"
    yield ""
    yield "Cells of a label: precision/recall/F1 (crops)."
    yield ""


def _covers(card: dict[str, Any]) -> Iterator[str]:
    """How scarves and hands are classified, if the card says."""
    covered = card["figures"].get("covered_crops")
    if covered is None:
        return
    shares = ", ".join(
        f"{source.removeprefix('drawn/')} {metric(share)}" for source, share in covered["by_source"].items()
    )
    yield "## Scarves, hands, cups and bottles"
    yield ""
    yield f"Drawn over the mouths of bare test faces, {covered['count']} in total, as many of each kind."
    yield f"Share that is still classified as without_mask: {shares}."
    yield ""


def _fit(card: dict[str, Any]) -> Iterator[str]:
    """How the network was trained: its width, and the wide one that it was distilled from."""
    network, narrow = card.get("network"), card.get("narrow_recipe")
    if network is None:
        return
    yield "## Training"
    yield ""
    yield f"{network['kind']} of width {network['width']}, trained by the steps of `python -m core.release`."
    recipe = narrow or card["recipe"]
    yield from _averaged(recipe)
    if narrow is not None:
        share = round(100 * narrow["teacher_share"])
        yield "A network of width 1 was trained first, from ImageNet weights. The shipped one started from"
        yield f"its largest channels; {share} % of its training target were the wide network's probabilities."
    agreement = metric(card["export"]["agreement"])
    yield f"The 8-bit and the 16-bit file give the same label for {agreement} of the validation crops; the"
    yield f"{card['export']['kind']} file is shipped."
    yield ""


def _averaged(recipe: dict[str, Any]) -> Iterator[str]:
    """What the weights are a mean of; a fit with a running mean does not average its cycles."""
    if recipe.get("mixed"):
        mixed = ", ".join(f"{share} of that after epoch {epoch}" for epoch, share in recipe["mixed"])
        yield f"Its weights are a mix of running means, {recipe['steps']} batches an epoch: {mixed}."
    elif recipe.get("running_mean"):
        yield f"Its weights are a running mean that forgets half within {recipe['running_mean']} batches."
    elif recipe.get("averaged", 1) > 1:
        yield f"Its weights are the mean of the weights at the ends of the last {recipe['averaged']} cycles."


def _data(card: dict[str, Any]) -> Iterator[str]:
    yield "## Data"
    yield ""
    yield card["data"]["text"]
    yield ""
    yield "| source | train | validation | test | accuracy on test |"
    yield "|---|---|---|---|---|"
    accuracy = card["figures"]["test_crops"]["by_source"]
    for source, counts in card["data"]["crops"].items():
        right = metric(accuracy.get(source), counts["test"])
        yield f"| {source} | {counts['train']} | {counts['validation']} | {counts['test']} | {right} |"
    yield ""


CLASSIFIER_FILE = "classifier.tflite"
#: The network's arrays as float16: enough to train further from, at half the size.
WEIGHTS_FILE = "weights.npz"


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The files of a trained classifier, and the entries of its card."""

    name: str
    classifier: Path
    #: The network's arrays, float16.
    weights: Path
    side: int
    temperature: float
    #: How it was trained, and its metrics, as JSON.
    details: dict[str, Any]


def write_champion(trained: Trained, folder: Path) -> None:
    """Write the folder; existing files of the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trained.classifier, folder / CLASSIFIER_FILE)
    shutil.copyfile(trained.weights, folder / WEIGHTS_FILE)
    card = {
        "name": trained.name,
        "labels": [label.value for label in Label],
        "classifier": _file_entry(folder / CLASSIFIER_FILE),
        "weights": _file_entry(folder / WEIGHTS_FILE),
        "input": crop_entry(trained.side),
        "temperature": trained.temperature,
        **trained.details,
    }
    (folder / CARD_FILE).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    (folder / "CARD.md").write_text(card_text(card), encoding="utf-8")


def _file_entry(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
