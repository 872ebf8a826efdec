"""Tokens of the API, for callers with the scope admin."""

from typing import NoReturn

from sqlalchemy.orm import Session

from core.api_tokens import add_token, list_tokens, revoke_token
from core.errors import InputError
from models import ApiToken, Scope
from web.activity.recording import tell
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.tokens import NewToken, Token, TokenList, TokenRequest
from web.api_v1.starting import create_once
from web.extension import database


@api_v1.get("/tokens")
@operation(Scope.ADMIN, answer=TokenList, tag="tokens")
def list_all_tokens() -> TokenList:
    """All tokens, newest first, without their secrets."""
    with database().read() as rows:
        return TokenList(tokens=[Token.of(token, name) for token, name in list_tokens(rows)])


@api_v1.post("/tokens")
@operation(Scope.ADMIN, answer=NewToken, status=201, tag="tokens", errors=(409,), repeatable=True)
def create_token(json: TokenRequest) -> Answered:
    """Make a token of the caller's account; its secret is in this answer alone.

    Sent again with the same `Idempotency-Key`, the answer is 409 and names the token.
    """
    account = caller().account
    return create_once(
        lambda rows: add_token(rows, account, name=json.name, scopes=json.scopes, days=json.days),
        lambda _rows, made: _new(made[0], account.name, secret=made[1]),
        _refuse_again,
        number=lambda made: made[0].id,
    ), 201


def _new(token: ApiToken, person: str, *, secret: str) -> NewToken:
    tell(name=token.name, scopes=token.scopes)
    return NewToken.of(token, person, secret=secret)


def _refuse_again(_rows: Session, token_id: int) -> NoReturn:
    raise InputError(
        "secret_not_kept",
        f"A request with this Idempotency-Key made token {token_id}, and its secret was in that answer "
        "alone. Revoke it, and make another with a new key.",
    )


@api_v1.delete("/tokens/<int:token_id>")
@operation(Scope.ADMIN, status=204, tag="tokens")
def end_token(token_id: int) -> Answered:
    """Revoke a token for good."""
    with database().write() as rows:
        tell(name=revoke_token(rows, token_id).name)
    return "", 204
