# Made of `_async/review.py` by `generate_sync.py`: change that file, not this one.
"""The quality of reviews: flags, gold faces, reviewers, the labelling guide."""

from collections.abc import Mapping

from maskloop_client._sync.group import Group
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client.models import Flag, GoldFace, Guide, ReviewerList, Untellable


class Review(Group):
    """What leads look after."""

    def flags(self, *, page_size: int = PAGE_SIZE) -> Rows[Flag]:
        """Faces with an open flag."""
        return self._rows("/review/flags", "flags", Flag, page_size=page_size)

    def flag(self, face_id: int) -> None:
        """Flag a face for a lead."""
        self._sender.send("PUT", f"/faces/{face_id}/flag")

    def resolve_flag(self, face_id: int) -> None:
        """Take the flag of a face away."""
        self._remove(f"/faces/{face_id}/flag")

    def cannot_tell(self, *, page_size: int = PAGE_SIZE) -> Rows[Untellable]:
        """Faces of which somebody could not tell the label."""
        return self._rows("/review/cannot-tell", "faces", Untellable, page_size=page_size)

    def gold(self, *, page_size: int = PAGE_SIZE) -> Rows[GoldFace]:
        """Faces with a known label, which measure reviewers."""
        return self._rows("/review/gold", "faces", GoldFace, page_size=page_size)

    def make_gold(self, face_id: int, label: str) -> GoldFace:
        """Give a face a known label, and mix it into queues."""
        return self._sender.change(GoldFace, "PUT", f"/faces/{face_id}/gold", {"label": label})

    def make_ordinary(self, face_id: int) -> None:
        """Measure nobody by a face any more."""
        self._remove(f"/faces/{face_id}/gold")

    def reviewers(self) -> ReviewerList:
        """How reviewers decide, and how often two agree."""
        return self._sender.read(ReviewerList, "/review/reviewers")

    def guide(self, *, version: int | None = None) -> Guide:
        """The labelling guide, by default its newest version."""
        return self._sender.read(Guide, "/review/guide", {"version": version})

    def change_guide(self, base: int, texts: Mapping[str, str]) -> Guide:
        """Write a new version; `base` is the version that was edited, `texts` are by section."""
        body = {"base": base, "texts": {**texts}}
        return self._sender.change(Guide, "PUT", "/review/guide", body)
