"""`maskloop token` on the command line; what it does is in `web.token_commands`."""

import click


@click.group()
def token() -> None:
    """Tokens by which programs call the API."""


@token.command("add")
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
@click.option("--person", help="Name of its account; by default the owner.")
def token_add(name: str, scopes: tuple[str, ...], days: int, person: str | None) -> None:
    """Make a token and print it once, alone on standard output."""
    from core.settings import Settings
    from web.token_commands import make_token

    make_token(Settings.from_env(), name, scopes, days=days or None, account=person)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def token_list(as_json: bool) -> None:
    """List tokens without their secrets."""
    from core.settings import Settings
    from web.token_commands import print_tokens

    print_tokens(Settings.from_env(), as_json=as_json)


@token.command("revoke")
@click.argument("number", type=int)
def token_revoke(number: int) -> None:
    """Revoke the token with this number for good."""
    from core.settings import Settings
    from web.token_commands import end_token

    end_token(Settings.from_env(), number)
