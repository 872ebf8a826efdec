"""People: accounts and their sign-in links."""

from datetime import datetime
from typing import Self

from pydantic import Field

from core.access.limits import MOST, Limits
from models import Account, Role
from web.api_v1.schemas.base import Answer, Asked


class AccountLimits(Answer):
    """The series and review queues that an account has; both may be empty."""

    series: list[int] = Field(description="Numbers of schedules: it sees all jobs of each.")
    queues: list[int] = Field(description="Numbers of review queues, besides those of its series.")


class Person(Answer):
    """An account."""

    id: int
    name: str
    role: Role
    has_password: bool
    created_at: datetime
    limits: AccountLimits | None = Field(description="What it has; null if it sees everything.")

    @classmethod
    def of(cls, account: Account, limits: Limits | None, **more: str) -> Self:
        """The row as answered."""
        given = limits and AccountLimits(series=list(limits.series), queues=list(limits.queues))
        return cls(
            id=account.id,
            name=account.name,
            role=account.role,
            has_password=account.password_hash is not None,
            created_at=account.created_at,
            limits=given,
            **more,
        )


class PersonWithLink(Person):
    """An account with a link that signs its person in once, within a day."""

    link: str = Field(description="Shown this once.")


class PersonList(Answer):
    """All accounts, by name."""

    people: list[Person]


class LimitsRequest(Asked):
    """What a viewer or a reviewer may see; without any, nothing."""

    series: list[int] = Field([], max_length=MOST, description="Numbers of schedules.")
    queues: list[int] = Field([], max_length=MOST, description="Numbers of review queues.")

    @property
    def limits(self) -> Limits:
        """As the product knows them."""
        return Limits(series=tuple(self.series), queues=tuple(self.queues))


class PersonRequest(Asked):
    """A new account."""

    name: str = Field(min_length=1, max_length=64)
    role: Role = Role.REVIEWER
    limits: LimitsRequest | None = Field(None, description="What it may see; null for everything.")
