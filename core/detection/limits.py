"""The bounds a photo must keep before any of its pixels are decoded."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PhotoLimits:
    """What `decode_photo` refuses; a refused photo is one row in the report and harms nothing else.

    The default of 200 million pixels lets the largest phone photos through (16,320 x 12,240). A photo
    that cannot be decoded at a reduced scale holds about 7 bytes a pixel while it is decoded.
    """

    max_pixels: int = 200_000_000
    max_bytes: int = 256 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.max_pixels < 1 or self.max_bytes < 1:
            raise ValueError("max_pixels and max_bytes are at least 1")
