"""What the declarations of commands share: `--url`, `--json`, the connection, exit statuses."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from web.commands.exit_status import STOPPED
from web.commands.output import Output

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
#: A command: its service, its output and its own options; returns its exit status, None for 0.
Body = Callable[..., int | None]

URL_HELP = "Address of a service, such as http://host:8765; by default MASKLOOP_URL, else the data folder."


def connected(*, prepares: bool = False) -> Callable[[Body], Callable[..., None]]:
    """Declare that a command calls the API: it gets a `Service` and an `Output` before its own options.

    `prepares` sets up a data folder that is not set up yet. Ctrl-C ends the command with status 130.
    """

    def declare(body: Body) -> Callable[..., None]:
        @click.option("--url", envvar="MASKLOOP_URL", metavar="URL", help=URL_HELP)
        @click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API answers it.")
        @wraps(body)
        def command(url: str | None, as_json: bool, **given: Any) -> None:
            from web.commands.connection import open_service

            try:
                with open_service(url, prepares=prepares) as service:
                    status = body(service, Output(as_json=as_json), **given)
            except KeyboardInterrupt:
                status = STOPPED
            sys.exit(status or 0)

        return command

    return declare


def waiting(function: FunctionT) -> FunctionT:
    """Declare `--wait` and `--quiet` of a command that requests a job."""
    wait = click.option("--wait", is_flag=True, help="Wait until the job has ended.")
    quiet = click.option("--quiet", is_flag=True, help="No progress while waiting.")
    return wait(quiet(function))


def more_options(function: FunctionT) -> FunctionT:
    """Declare `--option`, for options of the kind that the command has no name for."""
    option = click.option(
        "--option",
        "-o",
        "more",
        metavar="NAME=VALUE",
        multiple=True,
        help="Any other option of the kind, as for `maskloop submit`.",
    )
    return option(function)


def example(line: str) -> Callable[[FunctionT], FunctionT]:
    """Add an example to a command's help, below the text of its docstring."""

    def add(function: FunctionT) -> FunctionT:
        function.__doc__ = f"{function.__doc__ or ''}\n\n    \b\n    Example:\n      {line}\n    "
        return function

    return add
