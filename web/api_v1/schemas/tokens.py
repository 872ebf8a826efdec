"""Tokens of the API."""

from datetime import datetime
from typing import Self

from pydantic import Field

from models import ApiToken, Scope
from web.api_v1.schemas.base import Answer, Asked


class Token(Answer):
    """A token, without its secret."""

    id: int
    name: str
    account: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken, account: str, **more: str) -> Self:
        """The row as answered."""
        names = set(cls.model_fields) - {"account", *more}
        return cls(**{name: getattr(token, name) for name in names}, account=account, **more)


class NewToken(Token):
    """A token that was just made."""

    secret: str = Field(description="The token itself, shown this once.")


class TokenList(Answer):
    """All tokens, newest first."""

    tokens: list[Token]


class TokenRequest(Asked):
    """What a new token may do."""

    name: str = Field(min_length=1, max_length=80)
    scopes: list[Scope] = Field(min_length=1)
    days: int | None = Field(90, ge=1, le=3650, description="Days until it expires; null: never.")
