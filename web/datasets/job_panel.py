"""Panels on the pages of import and freeze jobs."""

from sqlalchemy.orm import Session

from core.datasets.content import LEFT_OUT
from core.datasets.importing.job_kind import IMPORT
from core.datasets.importing.queries import read_summary
from core.datasets.importing.words import spell_meaning
from core.datasets.job_kind import FREEZE
from core.labels.label_words import MEANINGS
from core.results.pages.queries import count_errors
from models import Dataset, Job
from web.jobs.panels import JobPanels, declare_panels

#: Words of a set on its page.
_WORDS = 50


def _import_about(job: Job) -> list[tuple[str, str]]:
    options = IMPORT.options_of(job)
    return [
        ("Labelled set", options.folder or "Uploaded files"),
        ("All faces boxed", "yes" if options.all_faces_boxed else "not said"),
        *([("Words", ", ".join(_spell(*pair) for pair in options.labels.items()))] if options.labels else []),
    ]


def _spell(word: str, meaning: str) -> str:
    return f"{word} = {spell_meaning(meaning)}"


def _import_details(session: Session, job: Job) -> dict[str, object]:
    return {
        "errors": count_errors(session, job) if job.photos_failed else [],
        "errors_title": "Photos that were not imported",
        "summary": read_summary(session, job.id),
        "most_words": _WORDS,
        "meanings": {meaning: spell_meaning(meaning) for meaning in MEANINGS},
    }


def _freeze_about(job: Job) -> list[tuple[str, str]]:
    options = FREEZE.options_of(job).freeze
    return [
        ("People who must agree", str(options.agreeing)),
        ("Smallest face", f"{options.smallest_face} pixels" if options.smallest_face else "any"),
    ]


def _freeze_details(session: Session, job: Job) -> dict[str, object]:
    dataset = session.get(Dataset, job.dataset_id) if job.dataset_id else None
    return {"dataset": dataset, "reasons": LEFT_OUT}


declare_panels(
    IMPORT,
    JobPanels(
        icon="download",
        goes="Its list of photos and its log are deleted.",
        stays="Imported photos, faces and labels stay in the library.",
        about=_import_about,
        panels=("datasets/_imported.html", "jobs/_errors.html"),
        details=_import_details,
    ),
)
declare_panels(
    FREEZE,
    JobPanels(
        icon="archive",
        goes="Its log is deleted.",
        stays="The dataset stays.",
        about=_freeze_about,
        panels=("datasets/_frozen.html",),
        details=_freeze_details,
    ),
)
