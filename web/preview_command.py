"""`maskloop import --dry-run`: what an import would read, printed; nothing is written."""

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core.datasets.importing.job_kind import ImportOptions
from core.datasets.importing.labelling import open_labels
from core.datasets.importing.preview import Preview, preview_set
from core.library.files.store import photo_store
from core.number_text import number, plural
from core.settings import Settings
from web.run_command import allow_folder

_WORDS_SHOWN = 20


def preview_folder(settings: Settings, options: ImportOptions, *, as_json: bool) -> int:
    """Print what the set holds; returns 1 if no photo would be imported, else 0."""
    roots = allow_folder(settings, options.folder).roots
    labels = open_labels(options, [], store=photo_store(settings), roots=roots)
    found = preview_set(labels)
    if as_json:
        from web.api_v1.schemas.imports import ImportPreview

        print(json.dumps(ImportPreview.of(found).model_dump(mode="json"), indent=2, ensure_ascii=False))
    else:
        _print(found)
    return 0 if found.labelled else 1


def _print(found: Preview) -> None:
    console = Console()
    for sentence in (*found.sentences, *(f"{each}." for each in found.problems)):
        console.print(sentence, soft_wrap=True, markup=False)
    table = Table("", "count", title=f"{plural(found.photos, 'photo')} found, nothing imported")
    table.columns[1].justify = "right"
    table.add_row("with labels, boxes, or said to have no face", plural(found.labelled, "photo"))
    table.add_row("boxes", number(found.boxes))
    for split, count in found.splits.items():
        table.add_row(f"split of the set: {split}", plural(count, "photo"))
    table.add_section()
    for each in found.left_out[:_WORDS_SHOWN]:
        word = f" ({each.word!r})" if each.word else ""
        table.add_row(escape(f"left out: {each.reason}{word}"), plural(each.objects, "object"))
    for use in found.words[:_WORDS_SHOWN]:
        table.add_row(escape(f"{use.word!r}: {use.meaning_words}"), use.counted)
    if len(found.words) > _WORDS_SHOWN:
        table.add_row("further words", number(len(found.words) - _WORDS_SHOWN))
    table.add_section()
    for reason, count in found.skipped_words:
        table.add_row(f"skipped: {reason}", plural(count, "photo"))
    if found.unused:
        table.add_row("annotations that fit no photo", number(found.unused))
    console.print(table)
