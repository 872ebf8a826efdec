"""report.html: one self-contained page with sums, charts, doubtful photos and errors."""

from collections import deque
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.labels.shown_label import ShownLabel
from core.results.reports.card_figures import card_figures
from core.results.reports.charts import (
    CHART_HEIGHT,
    CHART_WIDTH,
    confidence_columns,
    faces_columns,
    share_bar,
)
from core.results.reports.output import Output
from core.results.reports.rows import FaceRow
from core.results.reports.thumbnails import make_thumbnails

_TEMPLATES = Path(__file__).parent / "templates"
#: Error codes shown, the most frequent first.
_MOST_ERRORS = 40
#: Licences shown, likewise.
_MOST_LICENCES = 40


def write_html_page(output: Output) -> int:
    """Count all rows, then write the page; returns the files of the job."""
    deque(output.rows, maxlen=0)
    summary, job = output.summary, output.job
    template = _environment().get_template("report.html")
    page = template.stream(
        job=job,
        summary=summary,
        labels=list(ShownLabel),
        share=share_bar(summary),
        confidence=confidence_columns(summary, job.indeterminate_below),
        per_photo=faces_columns(summary),
        errors=summary.errors.most_common(_MOST_ERRORS),
        licences=summary.licences.most_common(_MOST_LICENCES),
        looks=make_thumbnails(summary.least_certain(), output.open_bytes),
        figures=card_figures(job.classifier.card) if job.classifier is not None else [],
        css=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
    )
    page.dump(output.file, encoding="utf-8", errors="replace")
    return summary.photos


@cache
def _environment() -> Environment:
    """Everything that the template shows is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(chart_width=CHART_WIDTH, chart_height=CHART_HEIGHT)
    environment.filters.update(
        number=_number, counted=_counted, part_of=_part_of, percent=_percent, plain=_plain, moment=_moment,
        likely=_likely, shortened=_shortened,
    )  # fmt: skip
    return environment


def _number(value: int) -> str:
    return f"{value:,}"


def _counted(value: int, noun: str) -> str:
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _part_of(part: int, whole: int) -> str:
    return _percent(part / whole) if whole else "\u2013"


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _moment(value: datetime) -> str:
    return f"{value.day} {value:%B %Y, %H:%M} UTC"


def _likely(face: FaceRow) -> str:
    """What the classifier would say if it had to, with its probability."""
    words, chance = max(
        (("with mask", face.with_mask), ("without mask", face.without_mask), ("incorrect", face.incorrect)),
        key=lambda item: item[1],
    )
    return f"most likely {words}, {int(chance * 100)}%"


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "\u2026"
