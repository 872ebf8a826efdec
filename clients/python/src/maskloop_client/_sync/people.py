# Made of `_async/people.py` by `generate_sync.py`: change that file, not this one.
"""People: add them, make sign-in links, remove access; needs the scope admin."""

from collections.abc import Sequence

from maskloop_client._sync.group import Group
from maskloop_client.models import Person, PersonWithLink


class People(Group):
    """Accounts of the service."""

    def list(self) -> Sequence[Person]:
        """All accounts, by name."""
        return self._list("/people", "people", Person)

    def add(self, name: str, role: str) -> PersonWithLink:
        """Add an account; `role` is lead or reviewer. Its sign-in link is in this answer alone."""
        return self._sender.change(PersonWithLink, "POST", "/people", {"name": name, "role": role})

    def link(self, account_id: int) -> PersonWithLink:
        """Make a link that signs a person in once, within a day; it also restores removed access."""
        return self._sender.change(PersonWithLink, "POST", f"/people/{account_id}/link")

    def remove(self, account_id: int) -> None:
        """Sign a person out everywhere and end password, links and tokens; decisions stay."""
        self._remove(f"/people/{account_id}")
