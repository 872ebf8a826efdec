"""The group of the `maskloop` command: errors as one line, and commands that stand in files of their own."""

import sys
from importlib import import_module
from typing import NoReturn

import click

from core.errors import MaskloopError, PermanentError
from core.logs import quiet_libraries

#: Commands with many options, by the module that has them; it is imported when they are called.
_ELSEWHERE = {"groups": "web.groups_command"}
#: Commands that run until they are stopped and write a log; the others speak to a person.
_SERVICES = frozenset(("serve", "web", "worker", "trainer", "tick", "live"))


class CommandGroup(click.Group):
    """Prints errors as one line, `code: message`, and exits with status 2.

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
        return sorted([*super().list_commands(ctx), *_ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name, from here or its own module."""
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(import_module(_ELSEWHERE[cmd_name]), cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and quieten libraries before it runs."""
        found = super().resolve_command(ctx, args)
        if found[0] not in _SERVICES:
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
    sys.exit(2)
