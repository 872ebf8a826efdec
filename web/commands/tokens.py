"""`maskloop token`: make, list and revoke the tokens by which programs call the API."""

from typing import TYPE_CHECKING

import click

from web.commands.declaring import connected, example
from web.commands.output import text_of

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service
    from web.commands.output import Output

_COLUMNS = {
    "id": "number",
    "name": "name",
    "account": "person",
    "prefix": "begins with",
    "scopes": "scopes",
    "expires_at": "expires (UTC)",
    "last_used_at": "last used (UTC)",
    "revoked_at": "revoked (UTC)",
}


@click.group()
def token() -> None:
    """Tokens by which programs call the API."""


@token.command("add")
@example('maskloop token add "nightly run" --scope read --scope submit')
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(["read", "submit", "review", "admin"]),
    multiple=True,
    required=True,
    help="What it may do; repeat it for more.",
)
@click.option("--days", default=90, show_default=True, help="Days until it expires; 0: never.")
@click.option("--person", help="Name of its account, on the data folder alone; by default your own.")
@connected()
def add(
    service: "Service", output: "Output", name: str, scopes: tuple[str, ...], days: int, person: str | None
) -> None:
    """Make a token and print it once, alone on standard output."""
    if person is None:
        made = service.send("POST", "/tokens", {"name": name, "scopes": [*scopes], "days": days or None})
    else:
        made = _add_for(service, person, name, scopes, days or None)
    if output.as_json:
        output.json(made)
        return
    ends = f"until {text_of(made['expires_at'])} UTC" if made["expires_at"] else "for ever"
    output.note(f"Token {made['id']}, “{name}”, is valid {ends}. It is shown this once.")
    print(made["secret"])


def _add_for(
    service: "Service", person: str, name: str, scopes: tuple[str, ...], days: int | None
) -> "Answer":
    """A token of any person's account: whoever may write the data folder may make it."""
    from core.accounts import account_named
    from core.api_tokens import add_token
    from core.database import Database
    from models import Scope
    from web.api_v1.schemas.tokens import NewToken

    if service.local is None:
        raise click.UsageError("--person works on the data folder: a token of the API is its caller's own.")
    database = Database(service.local.sql_url)
    with database.write() as rows:
        account = account_named(rows, person)
        made, secret = add_token(rows, account, name=name, scopes=[Scope(each) for each in scopes], days=days)
        answer = NewToken.of(made, account.name, secret=secret).model_dump(mode="json")
    database.dispose()
    return answer


@token.command("list")
@example("maskloop token list")
@connected()
def list_tokens(service: "Service", output: "Output") -> None:
    """List tokens without their secrets."""
    output.objects(service.read("/tokens")["tokens"], _COLUMNS, empty="There are no tokens.")


@token.command("revoke")
@example("maskloop token revoke 1")
@click.argument("number", type=click.IntRange(1))
@connected()
def revoke(service: "Service", output: "Output", number: int) -> None:
    """Revoke the token with this number for good."""
    service.send("DELETE", f"/tokens/{number}")
    output.said({"id": number, "revoked": True}, f"Token {number} is revoked.")
