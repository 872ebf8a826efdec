# Made of `_async/tokens.py` by `generate_sync.py`: change that file, not this one.
"""Tokens of the API; needs the scope admin."""

from collections.abc import Sequence

from maskloop_client._sync.sender import Sender
from maskloop_client.models import NewToken, Token


class Tokens:
    """Tokens of the service."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list(self) -> list[Token]:
        """All tokens, newest first, without their secrets."""
        body = (self._sender.send("GET", "/tokens")).json()
        return [Token.model_validate(token) for token in body["tokens"]]

    def create(self, name: str, scopes: Sequence[str], *, days: int | None = 90) -> NewToken:
        """Make a token of the caller's account; `days` None: it never expires."""
        body = {"name": name, "scopes": [*scopes], "days": days}
        return self._sender.change(NewToken, "POST", "/tokens", body)

    def revoke(self, token_id: int) -> None:
        """End a token for good."""
        self._sender.send("DELETE", f"/tokens/{token_id}")
