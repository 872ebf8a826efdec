"""Tokens of the API."""

from datetime import datetime

from maskloop_client.models.base import Model


class Token(Model):
    """A token, without its secret; scopes are read, submit, review, admin."""

    id: int
    name: str
    account: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewToken(Token):
    """A token that was just made; `secret` is shown this once."""

    secret: str
