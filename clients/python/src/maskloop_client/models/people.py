# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: people."""

import datetime as dt

from maskloop_client.models.base import Model


class Person(Model):
    """An account."""

    id: int
    name: str
    #: One of lead, reviewer, viewer.
    role: str
    has_password: bool
    created_at: dt.datetime


class PersonWithLink(Person):
    """An account with a link that signs its person in once, within a day."""

    #: Shown this once.
    link: str
