"""People: accounts and their sign-in links."""

from datetime import datetime
from typing import Self

from pydantic import Field

from models import Account, Role
from web.api_v1.schemas.base import Answer, Asked


class Person(Answer):
    """An account."""

    id: int
    name: str
    role: Role
    has_password: bool
    created_at: datetime

    @classmethod
    def of(cls, account: Account, **more: str) -> Self:
        """The row as answered."""
        return cls(
            id=account.id,
            name=account.name,
            role=account.role,
            has_password=account.password_hash is not None,
            created_at=account.created_at,
            **more,
        )


class PersonWithLink(Person):
    """An account with a link that signs its person in once, within a day."""

    link: str = Field(description="Shown this once.")


class PersonList(Answer):
    """All accounts, by name."""

    people: list[Person]


class PersonRequest(Asked):
    """A new account."""

    name: str = Field(min_length=1, max_length=64)
    role: Role = Role.REVIEWER
