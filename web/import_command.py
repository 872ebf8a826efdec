"""`maskloop import`: imports a labelled set from the command line."""

import json
import os
import shlex
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from core.datasets.importing.job_kind import ImportOptions, request_import
from core.datasets.importing.queries import count_decisions, count_failed_photos, read_summary
from core.datasets.importing.summary import ImportSummary, explain_skipped
from core.library.files.names import is_archive_name
from core.library.files.store import StoredPhoto, photo_store
from core.library.resumable.store import begin_file
from core.library.uploads import open_upload
from core.number_text import number, plural
from core.predict.final_counts import predicted_sums
from core.settings import Settings
from models import Job, Label
from web.run_command import allow_folder, exit_status, print_skipped, run_job, warn_outside
from workers.setup import prepare

#: Words of left out objects in the table; the job's page has more.
_WORDS_SHOWN = 20


def import_folder(settings: Settings, options: ImportOptions, *, quiet: bool, as_json: bool = False) -> int:
    """Run an import job to its end and print what it wrote; returns the exit status."""
    allowed, archive = allow_folder(settings, options.folder), _find_archive(options)
    stored = None if archive is None else _store(settings, archive)

    def request(session: Session, account_id: int) -> Job:
        chosen = options
        if archive is not None and stored is not None:
            upload_id = _add_upload(session, account_id, archive, stored, settings)
            chosen = options.with_changes(folder=None, upload_id=upload_id)
        return request_import(session, chosen, account_id=account_id, roots=allowed.roots)

    with run_job(allowed, request, quiet=quiet) as (db, job):
        with db.read() as session:
            summary = read_summary(session, job.id)
            decisions, failed = count_decisions(session, job.id), count_failed_photos(session, job.id)
        if as_json:
            _print_json(job, decisions, failed, summary)
        else:
            Console().print(_table(job, decisions, failed, summary))
            print_skipped(job)
        _print_unknown(options, summary)
        _print_unused(options, summary)
        for warning in summary.warnings:
            Console(stderr=True).print(warning, style="yellow", soft_wrap=True, markup=False)
        if archive is None:
            warn_outside(settings, options.folder, quiet=quiet)
        return exit_status(job)


def _print_json(
    job: Job, decisions: dict[Label | None, int], failed: dict[str | None, int], summary: ImportSummary
) -> None:
    """As the API answers it."""
    from web.api_v1.schemas.imports import ImportResult
    from web.api_v1.schemas.jobs import JobAnswer

    found = {
        "job": JobAnswer.of(job, predicted_sums(job)).model_dump(mode="json"),
        "import": ImportResult.of(summary, decisions, failed).model_dump(mode="json"),
    }
    print(json.dumps(found, indent=2, ensure_ascii=False))


def _find_archive(options: ImportOptions) -> Path | None:
    """The zip or tar that was given in the place of a folder; None for anything else."""
    path = Path(options.folder or "")
    return path if is_archive_name(os.fsencode(path.name)) and path.is_file() else None


def _store(settings: Settings, archive: Path) -> StoredPhoto:
    """Copy an archive into the data folder, before a session is open. Raises what `PhotoStore.put` does."""
    prepare(settings, say=Console(stderr=True).print)
    with archive.open("rb") as stream:
        return photo_store(settings).put(stream, max_bytes=settings.max_upload_bytes)


def _add_upload(
    session: Session, account_id: int, archive: Path, stored: StoredPhoto, settings: Settings
) -> int:
    """Make an upload of one file, which the job reads as it reads those of the page."""
    upload = open_upload(session, account_id)
    name = os.fsencode(archive.name)
    begin_file(
        session, upload, raw_name=name, length=stored.bytes, number=None, settings=settings, stored=stored
    )
    return upload.id


def _table(
    job: Job, decisions: dict[Label | None, int], failed: dict[str | None, int], summary: ImportSummary
) -> Table:
    table = Table("", "count", title=f"{plural(job.photos_done, 'photo')} read")
    table.columns[1].justify = "right"
    for label in Label:
        table.add_row(f"decisions: {label.value}", number(decisions.get(label, 0)))
    if summary.known:
        table.add_row("labels of an earlier import, not added again", number(summary.known))
    if summary.assumed:
        table.add_row("  of these detections without a box", number(summary.assumed))
    for text, count in _remarks(summary):
        table.add_row(text, number(count))
    table.add_section()
    for each in summary.left_out[:_WORDS_SHOWN]:
        word = f" ({each.word!r})" if each.word else ""
        table.add_row(escape(f"objects left out: {each.reason}{word}"), number(each.objects))
    more = summary.left_out[_WORDS_SHOWN:]
    if more:
        table.add_row("objects left out: others", number(sum(each.objects for each in more)))
    table.add_section()
    for use in summary.words[:_WORDS_SHOWN]:
        place = "folder" if use.in_folder else "word"
        table.add_row(escape(f"{place} {use.word!r}: {use.meaning_words}"), use.counted)
    if len(summary.words) > _WORDS_SHOWN:
        table.add_row("further words", number(len(summary.words) - _WORDS_SHOWN))
    table.add_section()
    for code, count in failed.items():
        table.add_row(f"skipped: {explain_skipped(code)}", plural(count, "photo"))
    return table


def _print_unknown(options: ImportOptions, summary: ImportSummary) -> None:
    """Say how to import what unknown words name, if there are any."""
    words = summary.unknown_words
    if not words:
        return
    first = shlex.quote(f"{words[0].word}=LABEL")
    folder = shlex.quote(options.folder or "")
    count = plural(len(words), "word is", "words are")
    text = (
        f"{count} unknown, and what they name was not imported. Say what each means, or ignore it: "
        f"maskloop import {folder} --label {first}"
    )
    Console(stderr=True).print(text, style="yellow", soft_wrap=True, markup=False)


def _print_unused(options: ImportOptions, summary: ImportSummary) -> None:
    """Name the words of `--label` that the set does not have, which are misspelt or of another set."""
    unused = options.words.list_unused(each.word for each in summary.words)
    if unused:
        listed = ", ".join(repr(word) for word in unused)
        text = f"--label: the set has no {'word' if len(unused) == 1 else 'words'} {listed}."
        Console(stderr=True).print(text, style="yellow", soft_wrap=True, markup=False)


def _remarks(summary: ImportSummary) -> list[tuple[str, int]]:
    sums = [
        ("not_a_face of an earlier import taken back", summary.taken_back),
        ("detections above 0.6 without a box, not labelled", summary.likely_faces),
        ("annotation files that fit no photo", summary.unused_annotations),
    ]
    fitted = [(f"photos: {text[0].lower()}{text[1:]}", photos) for text, photos in summary.fitted]
    return [each for each in sums if each[1]] + fitted
