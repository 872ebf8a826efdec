"""Groups of duplicates: the same picture as several photos, of which one is kept."""

from maskloop_client._async.group import AsyncGroup
from maskloop_client._async.rows import AsyncRows
from maskloop_client.models import Acceptance, DuplicateGroup, Kept, Parted

#: The longest page that the service answers.
_PAGE = 100


class AsyncDuplicates(AsyncGroup):
    """Duplicate groups. A job of the kind `dedup` finds them."""

    def list(self, *, state: str = "open", page_size: int = _PAGE) -> AsyncRows[DuplicateGroup]:
        """Open groups by falling similarity; or, with `state` accepted, those whose photos are hidden."""
        return self._rows(
            "/duplicate-groups", "groups", DuplicateGroup, page_size=page_size, query={"state": state}
        )

    async def get(self, group_id: int) -> DuplicateGroup:
        """One group with up to 200 photos."""
        return await self._sender.read(DuplicateGroup, f"/duplicate-groups/{group_id}")

    async def accept(self, group_id: int) -> DuplicateGroup:
        """Hide all photos of a group but the kept one."""
        return await self._sender.change(DuplicateGroup, "POST", f"/duplicate-groups/{group_id}/accept")

    async def reopen(self, group_id: int) -> DuplicateGroup:
        """Show the photos of a group again."""
        return await self._sender.change(DuplicateGroup, "POST", f"/duplicate-groups/{group_id}/reopen")

    async def keep(self, group_id: int, photo: int) -> Kept:
        """Keep another photo of the group; photos that are not near it leave the group."""
        path = f"/duplicate-groups/{group_id}/keep"
        return await self._sender.change(Kept, "POST", path, {"photo": photo})

    async def not_same(self, group_id: int, photo: int) -> Parted:
        """Remove a photo that shows another picture from its group for good."""
        path = f"/duplicate-groups/{group_id}/not-same"
        return await self._sender.change(Parted, "POST", path, {"photo": photo})

    async def put_back(self, photo: int, kept: int) -> DuplicateGroup:
        """Undo `not_same`: the photo joins the group of the kept one."""
        body = {"photo": photo, "kept": kept}
        return await self._sender.change(DuplicateGroup, "POST", "/duplicate-groups/put-back", body)

    async def accept_above(self, similarity: float) -> Acceptance:
        """Accept every open group of at least this similarity."""
        body = {"similarity": similarity}
        return await self._sender.change(Acceptance, "POST", "/duplicate-groups/accept", body)

    async def undo_acceptance(self, acceptance: str) -> Acceptance:
        """Undo an acceptance of many groups, except for groups that were decided again since."""
        body = {"acceptance": acceptance}
        return await self._sender.change(Acceptance, "POST", "/duplicate-groups/reopen", body)
