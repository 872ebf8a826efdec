"""People: add them, make sign-in links, remove access; needs the scope admin."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from maskloop_client._async.downloads import download
from maskloop_client._async.group import AsyncGroup
from maskloop_client.models import Person, PersonWithLink


class AsyncPeople(AsyncGroup):
    """Accounts of the service."""

    async def list(self) -> Sequence[Person]:
        """All accounts, by name."""
        return await self._list("/people", "people", Person)

    async def add(
        self,
        name: str,
        role: str,
        *,
        series: Sequence[int] | None = None,
        queues: Sequence[int] | None = None,
    ) -> PersonWithLink:
        """Add an account; `role` is lead, reviewer or viewer. Its sign-in link is in this answer alone.

        With `series` (numbers of schedules) or `queues` it sees these alone, else everything.
        """
        body: dict[str, Any] = {"name": name, "role": role}
        if series is not None or queues is not None:
            body["limits"] = {"series": [*(series or ())], "queues": [*(queues or ())]}
        return await self._sender.create(PersonWithLink, "/people", body)

    async def limit(
        self, account_id: int, *, series: Sequence[int] = (), queues: Sequence[int] = ()
    ) -> Person:
        """Let a viewer or reviewer see these series and review queues alone, from the next request on."""
        body = {"series": [*series], "queues": [*queues]}
        return await self._sender.change(Person, "PUT", f"/people/{account_id}/limits", body)

    async def free(self, account_id: int) -> None:
        """Let a person see everything that their role may see."""
        await self._remove(f"/people/{account_id}/limits")

    async def link(self, account_id: int) -> PersonWithLink:
        """Make a link that signs a person in once, within a day; it also restores removed access."""
        return await self._sender.change(PersonWithLink, "POST", f"/people/{account_id}/link")

    async def remove(self, account_id: int) -> None:
        """Sign a person out everywhere and end password, links and tokens; decisions stay."""
        await self._remove(f"/people/{account_id}")

    async def export_activity(
        self,
        to: str | os.PathLike[str],
        *,
        after: int = 0,
        kind: str | None = None,
        who: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Path:
        """Write the activity log to a file, a JSON object a line, oldest first; for the owner's tokens.

        `after` is the highest `id` of an earlier export: only newer entries are written. `kind` is one of
        signed_in, sign_in_failed, signed_out, downloaded, decided, promoted, removed, settings_changed,
        people_changed, tokens_changed. `since` and `until` have a time zone.
        """
        query = {
            "after": after or None,
            "kind": kind,
            "who": who,
            "since": since.isoformat() if since is not None else None,
            "until": until.isoformat() if until is not None else None,
        }
        return await download(self._sender, "/activity/export", to, query=query, name="activity.jsonl")
