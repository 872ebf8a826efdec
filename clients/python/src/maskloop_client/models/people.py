# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: people."""

import datetime as dt

from maskloop_client.models.base import Model


class AccountLimits(Model):
    """The series and review queues that an account has; both may be empty."""

    #: Numbers of schedules: it sees all jobs of each.
    series: list[int]
    #: Numbers of review queues, besides those of its series.
    queues: list[int]


class Person(Model):
    """An account."""

    id: int
    name: str
    #: One of lead, reviewer, viewer.
    role: str
    has_password: bool
    created_at: dt.datetime
    #: What it has; null if it sees everything.
    limits: AccountLimits | None


class PersonWithLink(Person):
    """An account with a link that signs its person in once, within a day."""

    #: Shown this once.
    link: str
