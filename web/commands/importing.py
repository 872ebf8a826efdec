"""`maskloop import`: import a labelled set, from a folder here or as an upload to a service."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import InputError
from core.number_text import number, plural
from web.commands.declaring import URL_HELP, example
from web.commands.exit_status import DONE, INCOMPLETE, STOPPED
from web.commands.output import Output

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service

#: Words of a table; JSON has all.
_WORDS_SHOWN = 20
_FACTS = {
    "known": "labels of an earlier import, not added again",
    "assumed": "  of these detections without a box",
    "taken_back": "not_a_face of an earlier import taken back",
    "likely_faces": "detections above 0.6 without a box, not labelled",
    "annotations_unused": "annotation files that fit no photo",
}


@click.command("import")
@example("maskloop import ~/sets/masks --label scarf=without_mask")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--all-faces-boxed",
    is_flag=True,
    help="All faces of the annotated photos have a box: other detections of a low score are not faces.",
)
@click.option(
    "--label",
    "labels",
    metavar="WORD=LABEL",
    multiple=True,
    help="What a word of the set means: with_mask, without_mask, incorrect, not_a_face, unlabelled (a face "
    "without a label) or ignore. Give it once for each word.",
)
@click.option(
    "--format",
    "format_",
    metavar="FORMAT",
    help="How the set keeps its labels: voc, coco, yolo, label_studio, cvat, createml, image_folder, "
    "wider_face, csv, webdataset or folders. By default it is recognised.",
)
@click.option("--keep-splits", is_flag=True, help="Keep the train, validation and test photos of the set.")
@click.option("--dry-run", is_flag=True, help="Say what the set holds and would be read as; import nothing.")
@click.option("--upload", "upload_id", type=click.IntRange(1), help="Go on with an upload that was cut.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@click.option("--url", envvar="MASKLOOP_URL", metavar="URL", help=URL_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API answers it.")
def import_(
    folder: Path,
    labels: tuple[str, ...],
    format_: str | None,
    dry_run: bool,
    upload_id: int | None,
    quiet: bool,
    url: str | None,
    as_json: bool,
    **given: bool,
) -> None:
    """Import a labelled set: a FOLDER with folders named by label, or with files as of COCO or YOLO.

    FOLDER may be a zip or a tar instead. With --url its files are sent to that service.

    Exit status as for `run`; also 1 if no face was labelled.
    """
    options: dict[str, Any] = given | {"labels": _meanings(labels), "format": format_}
    if url is None:
        sys.exit(_import_here(folder, options, dry_run=dry_run, quiet=quiet, as_json=as_json))
    from web.commands.connection import open_service

    try:
        with open_service(url) as service:
            output = Output(as_json=as_json)
            options |= {"upload_id": _send(service, folder, output, upload_id, quiet=quiet)}
            if dry_run:
                sys.exit(_preview(service, output, options))
            sys.exit(_import(service, output, folder, options, quiet=quiet))
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def _meanings(lines: tuple[str, ...]) -> dict[str, str]:
    """`WORD=LABEL` by word; InputError label_word_invalid. What a label may be is checked by the service."""
    given = {}
    for line in lines:
        word, sign, meaning = (part.strip() for part in line.rpartition("="))
        if not sign:
            raise InputError("label_word_invalid", f"{line!r} must be WORD=LABEL, as in scarf=without_mask.")
        given[word] = meaning
    return given


def _import_here(folder: Path, options: "Answer", *, dry_run: bool, quiet: bool, as_json: bool) -> int:
    """Read in place, by processes of this command."""
    from core.datasets.importing.job_kind import ImportOptions
    from core.settings import Settings

    chosen, settings = ImportOptions(folder=str(folder.resolve()), **options), Settings.from_env()
    if dry_run:
        from web.preview_command import preview_folder

        return preview_folder(settings, chosen, as_json=as_json)
    from web.import_command import import_folder

    return import_folder(settings, chosen, quiet=quiet, as_json=as_json)


def _send(service: "Service", folder: Path, output: Output, upload_id: int | None, *, quiet: bool) -> int:
    from web.commands.run import send

    return send(service, [folder], output, quiet, upload_id=upload_id, annotations=True)


def _preview(service: "Service", output: Output, options: "Answer") -> int:
    found = service.send("POST", "/imports/preview", {"options": options})
    if output.as_json:
        output.json(found)
    else:
        for sentence in (*found["recognised"], *(f"{each}." for each in found["problems"])):
            print(sentence)
        _show(f"{plural(found['photos'], 'photo')} found, nothing imported", _preview_rows(found))
    return DONE if found["photos_labelled"] else INCOMPLETE


def _import(service: "Service", output: Output, folder: Path, options: "Answer", *, quiet: bool) -> int:
    """Request the import, wait for it and print what it wrote; Ctrl-C cancels it. The exit status."""
    from web.commands.following import end, follow

    job = service.create_job("import", options)
    job = follow(service, job["id"], output, quiet=quiet, cancels=True)
    status = end(service, job, output)
    found = service.read(f"/jobs/{job['id']}/import")
    if output.as_json:
        output.json({"job": job, "import": found})
    else:
        _show(f"{plural(job['photos']['done'], 'photo')} read", _rows(found))
    for warning in found["warnings"]:
        output.note(warning)
    unknown = [each["word"] for each in found["words"] if each["meaning"] is None]
    if unknown:
        first = shlex.quote(f"{unknown[0]}=LABEL")
        output.note(
            f"{plural(len(unknown), 'word is', 'words are')} unknown, and what they name was not imported. "
            f"Say what each means, or ignore it: maskloop import {shlex.quote(str(folder))} --label {first}"
        )
    return status


def _rows(found: "Answer") -> Iterator[tuple[str, str]]:
    for label, count in found["decisions"].items():
        yield f"decisions: {label}", number(count)
    yield from ((words, number(found[name])) for name, words in _FACTS.items() if found[name])
    yield from ((f"photos: {text[0].lower()}{text[1:]}", number(n)) for text, n in found["fitted"].items())
    yield from _of_set(found)


def _preview_rows(found: "Answer") -> Iterator[tuple[str, str]]:
    yield "with labels, boxes, or said to have no face", plural(found["photos_labelled"], "photo")
    yield "boxes", number(found["boxes"])
    for split, count in found["splits"].items():
        yield f"split of the set: {split}", plural(count, "photo")
    yield from _of_set(found)
    if found["annotations_unused"]:
        yield "annotations that fit no photo", number(found["annotations_unused"])


def _of_set(found: "Answer") -> Iterator[tuple[str, str]]:
    """What is left out, the words and the skipped photos."""
    for each in found["left_out"][:_WORDS_SHOWN]:
        word = f" ({each['word']!r})" if each["word"] else ""
        yield f"left out: {each['reason']}{word}", plural(each["objects"], "object")
    for each in found["words"][:_WORDS_SHOWN]:
        counted = plural(each["count"], "photo" if each["of_photos"] else "object")
        yield f"word {each['word']!r}: {each['meaning'] or 'unknown'}", counted
    for name in ("left_out", "words"):
        if len(found[name]) > _WORDS_SHOWN:
            yield f"further {name.replace('_', ' ')}", number(len(found[name]) - _WORDS_SHOWN)
    for each in found["skipped"]:
        yield f"skipped: {each['reason']}", plural(each["photos"], "photo")


def _show(title: str, rows: Iterator[tuple[str, str]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table: Any = Table("", "count", title=title)
    table.columns[1].justify = "right"
    for text, count in rows:
        table.add_row(escape(text), count)
    Console().print(table)
