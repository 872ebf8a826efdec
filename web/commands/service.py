"""How a service elsewhere stands: `maskloop system` and `maskloop health` with `--url`, or as JSON."""

from collections.abc import Iterator
from typing import Any

from web.commands.connection import open_service
from web.commands.exit_status import DONE, INCOMPLETE
from web.commands.output import NONE, Output, text_of


def show_system(url: str | None, output: Output) -> int:
    """Print what the System page shows; 1 if a part could not be read."""
    with open_service(url) as service:
        found = service.read("/system")
    if output.as_json:
        output.json(found)
    else:
        output.pairs([(name, value) for name, value in _leaves(found) if value != NONE])
    return INCOMPLETE if found["problems"] else DONE


def show_health(url: str | None, output: Output) -> int:
    """Print every check; 1 if something needed is wrong."""
    with open_service(url) as service:
        found = service.read("/system/health")
    if output.as_json:
        output.json(found)
    else:
        for name, check in found["checks"].items():
            print(f"{'ok ' if check['ok'] else 'BAD'} {name}: {text_of(check['sentence'])}")
    return DONE if found["ok"] else INCOMPLETE


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every value of an answer with its name; the names of settings are those of settings."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name} {key.replace('_', ' ')}".strip())
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, inner in enumerate(value, start=1):
            if {"name", "value"} <= inner.keys():
                yield inner["name"], text_of(inner["value"])
            else:
                yield from _leaves(inner, f"{name} {number}")
    else:
        yield name, text_of(value)
