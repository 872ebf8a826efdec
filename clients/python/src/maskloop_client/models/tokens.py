# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: tokens."""

import datetime as dt

from maskloop_client.models.base import Model


class Token(Model):
    """A token, without its secret."""

    id: int
    name: str
    account: str
    prefix: str
    scopes: list[str]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_at: dt.datetime | None


class NewToken(Token):
    """A token that was just made."""

    #: The token itself, shown this once.
    secret: str
