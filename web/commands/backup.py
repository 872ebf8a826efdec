"""`maskloop backup` and `maskloop restore`: the data folder and its database, while the service runs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.commands.declaring import example
from web.commands.exit_status import DONE, INCOMPLETE
from web.commands.output import Output

if TYPE_CHECKING:
    from core.backup.make import BackupSummary

_folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command("backup")
@example("maskloop backup /mnt/backups/maskloop")
@_folder
@click.option("--check", is_flag=True, help="Make no backup; read every byte of the newest one.")
@click.option("--list", "as_list", is_flag=True, help="Make no backup; list those in DIR.")
@_json
def backup(folder: Path, check: bool, as_list: bool, as_json: bool) -> None:
    """Back up database and files into DIR, also while the service runs; only what is new is copied.

    Exit status: 1 if a file of the data folder was damaged already.
    """
    from core.backup.make import check_backup, make_backup
    from core.backup.manifest import find_newest, list_backups
    from core.number_text import number
    from core.settings import Settings
    from web.system.report import installed_version

    output = Output(as_json=as_json)
    if as_list:
        names = list_backups(folder)
        output.said({"backups": names}, "\n".join(names) or "No complete backup.")
    elif check:
        name = find_newest(folder)
        contents = check_backup(folder, name)
        words = f"{name}: {number(contents)} contents, all as written."
        output.said({"name": name, "contents": contents}, words)
    else:
        settings = Settings.from_env()
        summary = make_backup(settings, folder, release=installed_version())
        elsewhere = f"\nNot in it: the files of {settings.files}, which need a copy of their own."
        words = _sentences(summary) + (elsewhere if settings.files else "")
        output.said(vars(summary) | {"elsewhere": settings.files or None}, words)
        raise SystemExit(INCOMPLETE if summary.damaged else DONE)


@click.command("restore")
@example("maskloop restore /mnt/backups/maskloop")
@_folder
@click.option(
    "--backup", "name", metavar="NAME", help="Which one, as `maskloop backup DIR --list` prints it."
)
@_json
def restore(folder: Path, name: str | None, as_json: bool) -> None:
    """Restore the newest backup of DIR into MASKLOOP_DATA and MASKLOOP_DATABASE_URL, which must be empty.

    Start the service afterwards; its set-up brings the tables to this release.
    """
    from core.backup.manifest import find_newest
    from core.backup.restore import restore_backup
    from core.number_text import plural, size
    from core.settings import Settings
    from workers.migrating import migrate, newest_migration

    settings = Settings.from_env()
    summary = restore_backup(
        settings,
        folder,
        name or find_newest(folder),
        newest=newest_migration(settings),
        make_tables=lambda schema: migrate(settings, to=schema),
    )
    header = summary.header
    Output(as_json=as_json).said(
        {"name": header.name, "schema": header.schema, "files": summary.files, "bytes": summary.bytes},
        f"Restored {header.name} into {settings.data}: {plural(summary.files, 'file')}, "
        f"{size(summary.bytes)}, and the database with schema {header.schema}.",
    )


def _sentences(summary: "BackupSummary") -> str:
    from core.number_text import plural, size

    lines = [
        f"{summary.name}: {plural(summary.files, 'file')}, {size(summary.bytes)}, of which "
        f"{plural(summary.new_files, 'file')}, {size(summary.new_bytes)}, are new; database "
        f"{size(summary.database_bytes)}."
    ]
    if summary.damaged:
        lines.append(f"Damaged before the backup: {', '.join(summary.damaged[:10])}.")
    return "\n".join(lines)
