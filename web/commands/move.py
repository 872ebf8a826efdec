"""`maskloop move`: from SQLite and a folder to PostgreSQL and an object store."""

import click

from web.commands.declaring import example
from web.commands.exit_status import DONE, INCOMPLETE
from web.commands.output import Output


@click.command("move")
@example("maskloop move")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def move(as_json: bool) -> None:
    """Move MASKLOOP_DATA to the database of MASKLOOP_DATABASE_URL and the bucket of MASKLOOP_FILES.

    Stop the service first. A move that was cut off goes on; the data folder keeps everything.

    Exit status: 1 if a file was damaged already, which is not moved.
    """
    from core.moving.move import find_source, move_installation
    from core.number_text import plural, size
    from core.settings import Settings
    from workers.migrating import migrate, newest_migration
    from workers.processes import lock_data_folder

    settings, output = Settings.from_env(), Output(as_json=as_json)
    # Before the lock, which would make a file in a folder that is no installation.
    find_source(settings)
    with lock_data_folder(settings.data, note="maskloop move"):
        summary = move_installation(
            settings,
            schema=newest_migration(settings),
            make_tables=lambda: migrate(settings),
            say=lambda line: click.echo(line, err=True),
        )
    files = summary.files
    words = (
        f"Moved and compared: {plural(files.files, 'file')}, {size(files.bytes)}; "
        f"{plural(summary.rows, 'row')}. Start the service with the same settings; {settings.data} keeps "
        "what was there."
    )
    if files.damaged:
        words += f"\nDamaged before, and not moved: {', '.join(files.damaged[:10])}."
    told = {"files": files.files, "bytes": files.bytes, "copied": files.copied, "rows": summary.rows}
    output.said(told | {"damaged": files.damaged}, words)
    raise SystemExit(INCOMPLETE if files.damaged else DONE)
