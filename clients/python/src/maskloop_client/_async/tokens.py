"""Tokens of the API; needs the scope admin."""

from collections.abc import Sequence

from maskloop_client._async.group import AsyncGroup
from maskloop_client.models import NewToken, Token


class AsyncTokens(AsyncGroup):
    """Tokens of the service."""

    async def list(self) -> Sequence[Token]:
        """All tokens, newest first, without their secrets."""
        return await self._list("/tokens", "tokens", Token)

    async def create(self, name: str, scopes: Sequence[str], *, days: int | None = 90) -> NewToken:
        """Make a token of the caller's account; `days` None: it never expires."""
        body = {"name": name, "scopes": [*scopes], "days": days}
        return await self._sender.create(NewToken, "/tokens", body)

    async def revoke(self, token_id: int) -> None:
        """End a token for good."""
        await self._remove(f"/tokens/{token_id}")
