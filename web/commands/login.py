"""`maskloop login` and `logout`: the token of a service in the system's keyring."""

import click

from web.commands.declaring import URL_HELP, example
from web.commands.output import Output


@click.command("login")
@example("maskloop login --url https://masks.example.org")
@click.option("--url", envvar="MASKLOOP_URL", metavar="URL", required=True, help=URL_HELP)
@click.option("--token", prompt=True, hide_input=True, help="By default asked for, and not shown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def login(url: str, token: str, as_json: bool) -> None:
    """Keep a token of a service in the keyring of this system, once the service accepts it."""
    from web.commands.stored_token import keep_token

    token = token.strip()
    _check(url, token)
    keep_token(url, token)
    kept = {"url": url, "kept": True}
    Output(as_json=as_json).said(kept, f"The token for {url} is kept in the keyring.")


def _check(url: str, token: str) -> None:
    """Raise ServiceError token_refused; a token that lacks the scope of what is asked here is a good one."""
    from maskloop_client import ApiError, Client
    from web.commands.connection import translated_errors

    with translated_errors(), Client(url, token) as client:
        try:
            client.request("GET", "/jobs", query={"limit": 1})
        except ApiError as error:
            if error.code != "scope_missing":
                raise


@click.command("logout")
@example("maskloop logout --url https://masks.example.org")
@click.option("--url", envvar="MASKLOOP_URL", metavar="URL", required=True, help=URL_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def logout(url: str, as_json: bool) -> None:
    """Delete the token of a service from the keyring; the token itself goes on until it is revoked."""
    from web.commands.stored_token import forget_token

    kept = forget_token(url)
    said = f"The token for {url} is deleted from the keyring." if kept else f"No token is kept for {url}."
    Output(as_json=as_json).said({"url": url, "deleted": kept}, said)
