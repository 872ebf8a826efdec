"""Count a TIFF's pages by their chain: Pillow sets each page up and stumbles over a bad later one."""

#: Counting stops here; the chain may be made to run in circles.
MOST_PAGES = 10_000


def count_tiff_pages(data: bytes) -> int:
    """Pages of a TIFF or BigTIFF (TIFF 6.0, section 2): at least 1, `MOST_PAGES` at most.

    A chain that leaves the file or returns to an earlier page ends there.
    """
    order = "little" if data[:2] == b"II" else "big"
    is_big = data[2:4] in (b"+\0", b"\0+")
    pointer, count_length, entry_length = (8, 8, 20) if is_big else (4, 2, 12)

    def number(at: int, length: int) -> int:
        return int.from_bytes(data[at : at + length], order)  # type: ignore[arg-type]

    page, seen = number(8 if is_big else 4, pointer), set[int]()
    while 0 < page < len(data) and page not in seen and len(seen) < MOST_PAGES:
        seen.add(page)
        entries = number(page, count_length)
        page = number(page + count_length + entry_length * entries, pointer)
    return max(len(seen), 1)
