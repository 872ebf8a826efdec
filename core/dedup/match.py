"""A photo of a duplicate group as it compares with the kept one."""

from dataclasses import dataclass
from typing import Any

from core.library.fingerprints.nearness import distance, similarity, similarity_by_embedding
from models import Likeness, Photo


@dataclass(frozen=True, kw_only=True)
class Match:
    """In what a member equals the kept photo, and by how many bits its hashes differ."""

    photo_id: int
    likeness: Likeness
    phash_distance: int = 0
    dhash_distance: int = 0
    #: Of the embeddings, where the photo is similar.
    cosine: float = 0.0

    @property
    def similarity(self) -> float:
        """1 where every pixel is the same, however the two were decoded when they were hashed."""
        if self.likeness is Likeness.SIMILAR:
            return similarity_by_embedding(self.cosine)
        if self.likeness is Likeness.NEAR:
            return similarity(self.phash_distance, self.dhash_distance)
        return 1.0

    def is_within(self, limit: int) -> bool:
        """Whether a member may be so far from the kept photo."""
        return self.likeness is not Likeness.NEAR or max(self.phash_distance, self.dhash_distance) <= limit

    def columns(self) -> dict[str, Any]:
        """As `DuplicateMember` holds them."""
        return {
            "photo_id": self.photo_id,
            "likeness": self.likeness,
            "phash_distance": self.phash_distance,
            "dhash_distance": self.dhash_distance,
            "similarity": self.similarity,
        }


def match_of(kept: Photo, other: Photo, *, cosine: float | None) -> Match:
    """How one photo compares with the kept one; both have hashes. `cosine` where they were found similar."""
    if kept.id == other.id:
        return Match(photo_id=other.id, likeness=Likeness.KEPT)
    same = kept.pixel_hash is not None and kept.pixel_hash == other.pixel_hash
    return Match(
        photo_id=other.id,
        likeness=Likeness.PIXELS if same else Likeness.NEAR if cosine is None else Likeness.SIMILAR,
        phash_distance=distance(kept.phash or 0, other.phash or 0),
        dhash_distance=distance(kept.dhash or 0, other.dhash or 0),
        cosine=cosine or 0.0,
    )
