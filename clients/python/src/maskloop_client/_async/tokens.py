"""Tokens of the API; needs the scope admin."""

from collections.abc import Sequence

from maskloop_client._async.sender import AsyncSender
from maskloop_client.models import NewToken, Token


class AsyncTokens:
    """Tokens of the service."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def list(self) -> list[Token]:
        """All tokens, newest first, without their secrets."""
        body = (await self._sender.send("GET", "/tokens")).json()
        return [Token.model_validate(token) for token in body["tokens"]]

    async def create(self, name: str, scopes: Sequence[str], *, days: int | None = 90) -> NewToken:
        """Make a token of the caller's account; `days` None: it never expires."""
        body = {"name": name, "scopes": [*scopes], "days": days}
        return await self._sender.change(NewToken, "POST", "/tokens", body)

    async def revoke(self, token_id: int) -> None:
        """End a token for good."""
        await self._sender.send("DELETE", f"/tokens/{token_id}")
