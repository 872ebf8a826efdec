"""`maskloop groups`: the shares of the faces of jobs by time, place, camera, source or job."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from core.number_text import number, share
from web.commands.declaring import connected, example
from web.commands.output import NONE

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service
    from web.commands.output import Output

#: As the enumerations of `core.groups` and `core.labels`, whose import would delay `maskloop --help`.
_BY = ("hour", "weekday", "day", "week", "folder", "pattern", "camera", "host", "phrase", "job")
_LABELS = ("with_mask", "without_mask", "incorrect")
_TIMES_FROM = ("either", "exif", "path")
_MARKS = {None: "", "above": " ▲", "below": " ▼"}


@click.command("groups")
@example("maskloop groups 7 --by day --zone Europe/Berlin")
@click.argument("jobs", type=int, nargs=-1, required=True)
@click.option("--by", type=click.Choice(_BY), default="day", show_default=True)
@click.option("--label", type=click.Choice(_LABELS), default="with_mask")
@click.option("--zone", default="", help="Time zone of the groups; else the time that each camera showed.")
@click.option("--clock-zone", default="", help="Zone of clocks whose EXIF does not tell it; else --zone.")
@click.option("--times-from", type=click.Choice(_TIMES_FROM), default="either")
@click.option("--pattern", default="", help="Such as {site}/{camera}/{date}, over the path.")
@click.option("--field", multiple=True, help="A field of the pattern that makes groups.")
@click.option("--level", default=1, show_default=True, help="Folder levels.")
@click.option("--compare", nargs=2, metavar="FIRST SECOND", help="Keys or names of two groups.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the CSV file of the page.")
@connected()
def groups(
    service: "Service",
    output: "Output",
    jobs: Sequence[int],
    compare: tuple[str, str] | None,
    as_csv: bool,
    **given: Any,
) -> None:
    """Print shares of the faces of JOBS by time, place, camera, source or job.

    A corrected share has its 95% interval beside it; ▲ and ▼ mark groups outside the limits of chance.
    """
    first, *others = dict.fromkeys(jobs)
    path, query = f"/jobs/{first}/groups", given | {"job": others}
    if as_csv:
        sys.stdout.buffer.write(service.content(f"{path}.csv", **query))
        sys.stdout.buffer.flush()
        return
    table = service.read(path, **query, compare=[*(compare or ())])
    if output.as_json:
        output.json(table)
    else:
        _print(table, by=given["by"], label=given["label"])


def _print(table: "Answer", *, by: str, label: str) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(_table(table, by, label))
    for sentence in (*table["change_or_chance"], *table["notes"]):
        console.print(sentence, markup=False)
    pair = table["comparison"]
    if pair is not None:
        names = {group["key"]: group["name"] for group in table["groups"]}
        sentence = f"{names[pair['second']]} against {names[pair['first']]}: {pair['words']}"
        console.print(f"{sentence} {pair['raw_words'] or ''}", markup=False)


def _table(table: "Answer", by: str, label: str) -> Any:
    from rich.markup import escape
    from rich.table import Table

    title = f"Faces {label.replace('_', ' ')} by {by}"
    shown = Table("", "photos", "faces", "raw share", "corrected share", "limits", title=title)
    for column in shown.columns[1:]:
        column.justify = "right"
    points = {point["name"]: point for point in table["chart"]["points"]}
    audited = any(share["audited"] for share in table["total"]["shares"].values())
    for group in table["groups"]:
        point = points.get(group["name"]) if group["kind"] == "group" else None
        shown.add_row(escape(group["name"]), *_cells(group, label, audited=audited), _limits(point))
    shown.add_section()
    total = table["total"]
    shown.add_row(escape(total["name"]), *_cells(total, label, audited=audited), "")
    return shown


def _cells(group: Mapping[str, Any], label: str, *, audited: bool) -> Iterator[str]:
    """Photos, faces, raw share, and corrected share with its 95% interval."""
    found = group["shares"][label]
    yield number(group["photos"]) + (f" + {number(group['failed'])} not read" if group["failed"] else "")
    yield number(group["faces"])
    yield NONE if found["raw"] is None else share(found["raw"], 1)
    if found["corrected"] is not None and found["low"] is not None:
        ends = f"{share(found['low'], 1)} to {share(found['high'], 1)}"
        yield f"{share(found['corrected'], 1)} ({ends})"
    else:
        yield (found["problem"] or NONE) if audited and group["faces"] else NONE


def _limits(point: Mapping[str, Any] | None) -> str:
    """42.1% to 63.0%, with a mark for a share outside."""
    if point is None or point["low"] is None or point["high"] is None:
        return NONE
    return f"{share(point['low'], 1)} to {share(point['high'], 1)}{_MARKS[point['outside']]}"
