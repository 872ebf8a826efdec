"""The declaration of `maskloop groups`; what it does is in `web.groups_command`."""

from collections.abc import Sequence
from typing import Any

import click

from web.commands.declaring import example

#: As the enumerations of `core.groups` and `core.labels`, whose import would delay `maskloop --help`.
_BY = ("hour", "weekday", "day", "week", "folder", "pattern", "camera", "host", "phrase", "job")
_LABELS = ("with_mask", "without_mask", "incorrect")
_TIMES_FROM = ("either", "exif", "path")


@click.command("groups")
@example("maskloop groups 7 --by day --zone Europe/Berlin")
@click.argument("jobs", type=int, nargs=-1, required=True)
@click.option("--by", type=click.Choice(_BY), default="day", show_default=True)
@click.option("--label", type=click.Choice(_LABELS), default="with_mask")
@click.option("--zone", default="", help="Time zone of the groups; else the time that each camera showed.")
@click.option("--clock-zone", default="", help="Zone of clocks whose EXIF does not tell it; else --zone.")
@click.option("--times-from", type=click.Choice(_TIMES_FROM), default="either")
@click.option("--pattern", default="", help="Such as {site}/{camera}/{date}, over the path.")
@click.option("--field", "fields", multiple=True, help="A field of the pattern that makes groups.")
@click.option("--level", default=1, show_default=True, help="Folder levels.")
@click.option("--compare", nargs=2, metavar="FIRST SECOND", help="Keys or names of two groups.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the CSV file of the page.")
def groups(
    jobs: Sequence[int],
    label: str,
    compare: tuple[str, str] | None,
    as_json: bool,
    as_csv: bool,
    **given: Any,
) -> None:
    """Print shares of the faces of JOBS by time, place, camera, source or job.

    A corrected share has its 95% interval beside it; ▲ and ▼ mark groups outside the limits of chance.
    Exit status: 0, or 2 if a job or an option is wrong.
    """
    from web.groups_command import print_groups

    print_groups(jobs, label=label, compare=compare, as_json=as_json, as_csv=as_csv, **given)
