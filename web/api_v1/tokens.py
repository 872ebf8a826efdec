"""Tokens of the API, for callers with the scope admin."""

from core.api_tokens import add_token, list_tokens, revoke_token
from models import Scope
from web.activity.recording import tell
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.tokens import NewToken, Token, TokenList, TokenRequest
from web.extension import database


@api_v1.get("/tokens")
@operation(Scope.ADMIN, answer=TokenList, tag="tokens")
def list_all_tokens() -> TokenList:
    """All tokens, newest first, without their secrets."""
    with database().read() as rows:
        return TokenList(tokens=[Token.of(token, name) for token, name in list_tokens(rows)])


@api_v1.post("/tokens")
@operation(Scope.ADMIN, answer=NewToken, status=201, tag="tokens")
def create_token(json: TokenRequest) -> Answered:
    """Make a token of the caller's account; its secret is in this answer alone."""
    with database().write() as rows:
        token, secret = add_token(rows, caller().account, name=json.name, scopes=json.scopes, days=json.days)
        tell(name=token.name, scopes=token.scopes)
        return NewToken.of(token, caller().account.name, secret=secret), 201


@api_v1.delete("/tokens/<int:token_id>")
@operation(Scope.ADMIN, status=204, tag="tokens")
def end_token(token_id: int) -> Answered:
    """Revoke a token for good."""
    with database().write() as rows:
        tell(name=revoke_token(rows, token_id).name)
    return "", 204
