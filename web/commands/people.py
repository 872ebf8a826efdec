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
    "sees": "sees",
    "has_password": "password",
    "created_at": "added (UTC)",
}
_ROLES = ("viewer", "reviewer", "lead")
_person = click.argument("number", metavar="PERSON", type=click.IntRange(1))


_series = click.option(
    "--series", "series", type=click.IntRange(1), multiple=True, help="Number of a schedule: all of its jobs."
)
_queues = click.option("--queue", "queues", type=click.IntRange(1), multiple=True, help="Number of a queue.")


@click.group()
def people() -> None:
    """People who sign in: leads, reviewers and viewers."""


@people.command("list")
@example("maskloop people list")
@connected()
def list_people(service: "Service", output: "Output") -> None:
    """List accounts by name."""
    people = service.read("/people")["people"]
    if not output.as_json:
        people = [each | {"sees": _sees(each["limits"])} for each in people]
    output.objects(people, _COLUMNS)


@people.command("add")
@example("maskloop people add ann --role reviewer")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), default="reviewer", show_default=True)
@click.option("--limited", is_flag=True, help="Show them nothing before `people limit` gives them some.")
@_series
@_queues
@connected()
def add(
    service: "Service",
    output: "Output",
    name: str,
    role: str,
    limited: bool,
    series: tuple[int, ...],
    queues: tuple[int, ...],
) -> None:
    """Add a person and print a link that signs them in once, within a day."""
    asked: dict[str, object] = {"name": name, "role": role}
    if limited or series or queues:
        asked["limits"] = _body(series, queues)
    _print_link(service, output, service.send("POST", "/people", asked))


@people.command("limit")
@example("maskloop people limit 2 --series 3 --queue 4")
@_person
@_series
@_queues
@click.option("--everything", is_flag=True, help="Let them see everything again.")
@connected()
def limit(
    service: "Service",
    output: "Output",
    number: int,
    series: tuple[int, ...],
    queues: tuple[int, ...],
    everything: bool,
) -> None:
    """Let PERSON, a viewer or reviewer, see these series and review queues alone; without any, nothing."""
    if everything and (series or queues):
        raise click.UsageError("--everything goes with neither --series nor --queue.")
    if everything:
        service.send("DELETE", f"/people/{number}/limits")
        output.said({"id": number, "limits": None}, f"Person {number} sees everything of their role.")
        return
    answer = service.send("PUT", f"/people/{number}/limits", _body(series, queues))
    output.said(answer, f"{answer['name']} sees: {_sees(answer['limits'])}.")


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


def _body(series: tuple[int, ...], queues: tuple[int, ...]) -> dict[str, list[int]]:
    return {"series": [*series], "queues": [*queues]}


def _sees(limits: dict[str, list[int]] | None) -> str:
    """What a person sees, such as `series 3, 5; queues 4`."""
    if limits is None:
        return "everything"
    series, queues = (", ".join(map(str, limits[name])) for name in ("series", "queues"))
    return "; ".join([f"series {series}"] * bool(series) + [f"queues {queues}"] * bool(queues)) or "nothing"


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
