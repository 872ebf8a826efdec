# Made of `_async/tokens.py` by `generate_sync.py`: change that file, not this one.
"""Tokens of the API; needs the scope admin."""

from collections.abc import Sequence

from maskloop_client._sync.group import Group
from maskloop_client.models import NewToken, Token


class Tokens(Group):
    """Tokens of the service."""

    def list(self) -> Sequence[Token]:
        """All tokens, newest first, without their secrets."""
        return self._list("/tokens", "tokens", Token)

    def create(self, name: str, scopes: Sequence[str], *, days: int | None = 90) -> NewToken:
        """Make a token of the caller's account; `days` None: it never expires."""
        body = {"name": name, "scopes": [*scopes], "days": days}
        return self._sender.create(NewToken, "/tokens", body)

    def revoke(self, token_id: int) -> None:
        """End a token for good."""
        self._remove(f"/tokens/{token_id}")
