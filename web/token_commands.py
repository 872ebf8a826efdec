"""`maskloop token`: make, list and revoke tokens of the API on the data folder itself."""

import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from core.accounts import OWNER, account_named
from core.api_tokens import add_token, list_tokens, revoke_token
from core.database import Database
from core.settings import Settings
from models import Scope
from web.formatting import day_and_time
from web.serve_command import require_database


def make_token(
    settings: Settings, name: str, scopes: Sequence[str], *, days: int | None, account: str | None
) -> None:
    """Print the secret of a new token alone on standard output, so that a script can keep it."""
    require_database(settings)
    with Database(settings.sql_url).write() as session:
        owner = account_named(session, account or OWNER)
        token, secret = add_token(
            session, owner, name=name, scopes=[Scope(scope) for scope in scopes], days=days
        )
        ends = day_and_time(token.expires_at) if token.expires_at else "never"
    click.echo(f"Token {token.id}, “{name}”, expires: {ends}. It is shown this once.", err=True)
    click.echo(secret)


def print_tokens(settings: Settings, *, as_json: bool) -> None:
    """Print all tokens without their secrets."""
    require_database(settings)
    with Database(settings.sql_url).read() as session:
        found = list_tokens(session)
    if as_json:
        click.echo(json.dumps([_plain(token, name) for token, name in found], default=str))
        return
    table = Table("number", "name", "person", "begins with", "scopes", "expires", "last used")
    for token, name in found:
        ends = (
            "revoked" if token.revoked_at else day_and_time(token.expires_at) if token.expires_at else "never"
        )
        used = day_and_time(token.last_used_at) if token.last_used_at else "never"
        table.add_row(
            str(token.id),
            token.name,
            name,
            token.prefix,
            " ".join(token.scopes),
            "revoked" if token.revoked_at else ends,
            used,
        )
    Console(highlight=False, soft_wrap=True).print(table)


def end_token(settings: Settings, token_id: int) -> None:
    """Revoke a token."""
    require_database(settings)
    with Database(settings.sql_url).write() as session:
        name = revoke_token(session, token_id).name
    click.echo(f"Token {token_id}, “{name}”, is revoked.")


def _plain(token: object, account: str) -> dict[str, object]:
    names = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    return {name: getattr(token, name) for name in names} | {"account": account}
