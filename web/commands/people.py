"""`maskloop people`: accounts, their sign-in links, and the end of their access."""

from typing import TYPE_CHECKING

import click

from web.commands.declaring import connected, example

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service
    from web.commands.output import Output

_COLUMNS = {
    "id": "number",
    "name": "name",
    "role": "role",
    "has_password": "password",
    "created_at": "added (UTC)",
}
_ROLES = ("viewer", "reviewer", "lead")
_person = click.argument("number", metavar="PERSON", type=click.IntRange(1))


@click.group()
def people() -> None:
    """People who sign in: leads, reviewers and viewers."""


@people.command("list")
@example("maskloop people list")
@connected()
def list_people(service: "Service", output: "Output") -> None:
    """List accounts by name."""
    output.objects(service.read("/people")["people"], _COLUMNS)


@people.command("add")
@example("maskloop people add ann --role reviewer")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), default="reviewer", show_default=True)
@connected()
def add(service: "Service", output: "Output", name: str, role: str) -> None:
    """Add a person and print a link that signs them in once, within a day."""
    _print_link(service, output, service.send("POST", "/people", {"name": name, "role": role}))


@people.command("link")
@example("maskloop people link 2")
@_person
@connected()
def link(service: "Service", output: "Output", number: int) -> None:
    """Print a new sign-in link of PERSON; it also restores removed access."""
    _print_link(service, output, service.send("POST", f"/people/{number}/link"))


@people.command("remove")
@example("maskloop people remove 2 --yes")
@_person
@click.confirmation_option(prompt="Sign the person out everywhere and end their password, links and tokens?")
@connected()
def remove(service: "Service", output: "Output", number: int) -> None:
    """Remove the access of PERSON; what they decided stays."""
    service.send("DELETE", f"/people/{number}")
    output.said({"id": number, "removed": True}, f"Person {number} has no access any more.")


def _print_link(service: "Service", output: "Output", answer: "Answer") -> None:
    """The link alone on standard output."""
    if service.local is not None:
        answer = answer | {"link": _own_link(service, answer["link"])}
    if output.as_json:
        output.json(answer)
        return
    person = f"{answer['name']}, {answer['role']}, number {answer['id']}"
    output.note(f"{person}. The link works once, within a day.")
    print(answer["link"])


def _own_link(service: "Service", link: str) -> str:
    """The link below the address of the service, which an API inside this process does not know."""
    from web.serve_command import service_address

    assert service.local is not None
    return f"{service_address(service.local)}/sign-in/{link.rpartition('/')[2]}"
