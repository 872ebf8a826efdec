"""The group of the `maskloop` command: errors as one line, commands by topic, imported when needed."""

import keyword
import sys
from importlib import import_module
from typing import NoReturn

import click

from core.errors import MaskloopError, PermanentError
from web.commands.exit_status import status_of_error
from workers.processes import end_loading

#: Commands by topic, in the order of the help, each with the module that has it; "" is `web.cli`.
SECTIONS: dict[str, dict[str, str]] = {
    "Photos": {
        "run": "run",
        "photos": "run",
        "photo": "",
        **dict.fromkeys(("crawl", "dedup", "extract"), "requests"),
    },
    "Jobs": {
        **dict.fromkeys(("jobs", "submit", "kinds", "watch"), "jobs"),
        **dict.fromkeys(
            ("pause", "resume", "cancel", "continue", "retry", "again", "delete", "events"), "jobs"
        ),
    },
    "Results": {
        "report": "reports",
        "export": "exports",
        "share": "exports",
        "groups": "groups",
        "audit": "audit",
        "verify": "",
    },
    "Library": {"retention": "retention"},
    "Review": {"review": "review", "people": "people"},
    "Datasets and versions": {
        "import": "importing",
        "dataset": "datasets",
        "train": "training",
        "compare": "",
        **dict.fromkeys(("versions", "evaluate", "promote", "rollback"), "versions"),
        "version": "version",
        "detector": "detectors",
    },
    "Automation": {"schedule": "schedules", "webhook": "webhooks"},
    "Access": {"token": "tokens", "login": "login", "logout": "login", "link": "", "password": ""},
    "Service": dict.fromkeys(("serve", "setup", "system", "health", "samples"), "")
    | dict.fromkeys(("backup", "restore"), "backup")
    | {"move": "move"}
    | {"doctor": "doctor", "completion": "completion"},
    "Parts of the service": dict.fromkeys(("web", "worker", "trainer", "tick", "watcher", "live"), ""),
}
#: Commands that run until they are stopped and write a log; the others speak to a person.
_SERVICES = frozenset(("serve", "web", "worker", "trainer", "tick", "watcher", "live"))
_NAMES = [name for section in SECTIONS.values() for name in section]


class CommandGroup(click.Group):
    """Prints errors as one line, `code: message`, and exits with the status of the error.

    What libraries print is kept from the terminal, but for services, whose log it may explain.
    """

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of the product becomes one line."""
        try:
            return super().invoke(ctx)
        except MaskloopError as error:
            _fail(error)
        except Exception as error:
            _fail(_database_error(error))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return _NAMES

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name, from here or its own module."""
        module = next((found[cmd_name] for found in SECTIONS.values() if cmd_name in found), None)
        if not module:
            return super().get_command(ctx, cmd_name)
        attribute = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        found: click.Command = getattr(import_module(f"web.commands.{module}"), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by topic."""
        for title, names in SECTIONS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, command.get_short_help_str(120)) for name, command in found if command is not None]
            with formatter.section(title):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and quieten libraries before it runs."""
        found = super().resolve_command(ctx, args)
        end_loading()
        if found[0] not in _SERVICES:
            from core.terminal import quiet_libraries

            quiet_libraries()
        return found


def _database_error(error: Exception) -> MaskloopError:
    """The error of a database that cannot be used; any other one is raised again."""
    from sqlalchemy.exc import DatabaseError

    if not isinstance(error, DatabaseError):
        raise error
    reason = str(error.orig).splitlines()[0]
    return PermanentError("database_unavailable", f"The database cannot be used: {reason}.")


def _fail(error: MaskloopError) -> NoReturn:
    click.echo(f"maskloop: {error.code}: {error.message}", err=True)
    sys.exit(status_of_error(error))
