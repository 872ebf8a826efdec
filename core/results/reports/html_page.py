"""report.html: one self-contained page with totals, charts, the least certain photos and errors."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.labels.final_label import COUNTED_LABELS, FinalLabel
from core.labels.shown_label import ShownLabel
from core.number_text import is_too_few, metric, number, percent, plural, share, threshold
from core.results.reports.charts import (
    CHART_HEIGHT,
    CHART_WIDTH,
    confidence_columns,
    faces_columns,
    share_bar,
)
from core.results.reports.report_file import FormatWriter
from core.results.reports.rows import FaceRow, PhotoRow
from core.results.reports.shares_view import SharesView
from core.results.reports.summary import Summary
from core.results.reports.thumbnails import make_thumbnails

_TEMPLATES = Path(__file__).parent / "templates"


#: Error codes shown, the most frequent first.
_MOST_ERRORS = 40


#: Licences shown, the most frequent first.
_MOST_LICENCES = 40


#: Groups shown, in the order of their names.
_MOST_GROUPS = 40


#: Tasks of the card and their names on the page.
_TASKS = {
    "three": "Mean AP, three labels",
    "two": "Mean AP, mask or none",
    "face": "AP of faces, any label",
}


class HtmlPage(FormatWriter):
    """Counts the rows, and writes the page from the summary; rows are files of the job."""

    def add(self, photo: PhotoRow) -> None:
        """Count one file."""
        self.rows += 1

    def finish(self) -> None:
        """Write the page."""
        summary, job = self.output.summary, self.output.job
        shares = self.output.read_shares() if self.output.read_shares else None
        page = (
            _environment()
            .get_template("report.html")
            .stream(
                job=job,
                summary=summary,
                labels=_shown_labels(summary),
                predicted_labels=list(ShownLabel),
                share=share_bar(summary),
                confidence=confidence_columns(summary, job.indeterminate_below),
                per_photo=faces_columns(summary),
                errors=summary.errors.most_common(_MOST_ERRORS),
                licences=summary.licences.most_common(_MOST_LICENCES),
                thumbnails=make_thumbnails(
                    summary.least_certain(), self.output.open_bytes, self.output.read_covers
                ),
                shares=shares,
                groups=_named_groups(shares) if shares else [],
                most_groups=_MOST_GROUPS,
                metrics=card_metrics(job.classifier.card) if job.classifier is not None else [],
                css=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
            )
        )
        page.dump(self.output.file, encoding="utf-8", errors="replace")


def _shown_labels(summary: Summary) -> list[FinalLabel]:
    """The labels of the page: faces that are not labelled yet only where there are some."""
    unlabelled = FinalLabel.NOT_LABELLED
    return [label for label in COUNTED_LABELS if label is not unlabelled or summary.labels[label]]


def _named_groups(shares: SharesView) -> list[dict[str, Any]]:
    """The groups with values by column, without the last row, which is the whole job."""
    return [dict(zip(shares.columns, row, strict=True)) for row in shares.rows[:-1]]


def _share_of_one(value: float | None) -> str:
    """A share as per cent with one decimal."""
    return "\u2013" if value is None else share(value, 1)


def card_metrics(card: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values of the card's metrics; older cards have fewer."""
    figures = card.get("figures", {})
    return [*_photo_metrics(figures), *_crop_metrics(figures.get("test_crops", {}))]


@cache
def _environment() -> Environment:
    """The template environment, with autoescaping."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(chart_width=CHART_WIDTH, chart_height=CHART_HEIGHT)
    environment.filters.update(
        number=number, counted=plural, part_of=share, percent=percent, threshold=threshold, plain=_plain,
        moment=_moment, likely=_likely, shortened=_shortened,
        share_of_one=_share_of_one,
    )  # fmt: skip
    return environment


def _plain(value: float) -> str:
    """A coordinate of a drawing."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _moment(value: datetime) -> str:
    return f"{value.day} {value:%B %Y, %H:%M} UTC"


def _likely(face: FaceRow) -> str:
    """The most probable label with its probability, also for an indeterminate face."""
    pairs = zip(("with mask", "without mask", "incorrect"), face.probabilities, strict=False)
    chance, words = max((chance, words) for words, chance in pairs if chance is not None)
    return f"most likely {words}, {percent(chance)}"


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "\u2026"


def _photo_metrics(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Average precision at IoU 0.5 on whole photos that training never saw."""
    if "photos" in figures:
        yield "Measured on", f"{plural(figures['photos'], 'photo')} outside its training data"
    for task, words in _TASKS.items():
        cell = figures.get("test", {}).get(task, {}).get("all", {})
        if cell.get("mean", {}).get("value") is not None:
            yield words, _with_interval(cell["mean"])
        if task == "three":
            yield from _by_label(cell.get("classes", {}))


def _with_interval(mean: dict[str, Any]) -> str:
    if mean.get("low") is None or mean.get("high") is None:
        return metric(mean["value"])
    return f"{metric(mean['value'])} ({metric(mean['low'])} to {metric(mean['high'])})"


def _by_label(classes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, found in classes.items():
        if found.get("ap") is not None:
            yield f"AP {name.replace('_', ' ')}", _of_faces(found["ap"], found["boxes"])


def _crop_metrics(crops: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if crops.get("accuracy") is not None:
        yield "Accuracy on single faces", _of_faces(crops["accuracy"], crops["count"])
    if crops.get("calibration_error") is not None:
        yield "Calibration error", metric(crops["calibration_error"], crops["count"])


def _of_faces(value: float, faces: int) -> str:
    text = metric(value, faces)
    return text if is_too_few(faces) else f"{text} of {plural(faces, 'face')}"
