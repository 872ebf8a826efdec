"""People: add them, make sign-in links, remove access; needs the scope admin."""

from collections.abc import Sequence

from maskloop_client._async.group import AsyncGroup
from maskloop_client.models import Person, PersonWithLink


class AsyncPeople(AsyncGroup):
    """Accounts of the service."""

    async def list(self) -> Sequence[Person]:
        """All accounts, by name."""
        return await self._list("/people", "people", Person)

    async def add(self, name: str, role: str) -> PersonWithLink:
        """Add an account; `role` is lead or reviewer. Its sign-in link is in this answer alone."""
        return await self._sender.change(PersonWithLink, "POST", "/people", {"name": name, "role": role})

    async def link(self, account_id: int) -> PersonWithLink:
        """Make a link that signs a person in once, within a day; it also restores removed access."""
        return await self._sender.change(PersonWithLink, "POST", f"/people/{account_id}/link")

    async def remove(self, account_id: int) -> None:
        """Sign a person out everywhere and end password, links and tokens; decisions stay."""
        await self._remove(f"/people/{account_id}")
