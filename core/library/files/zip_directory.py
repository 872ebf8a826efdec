"""Count the members of a zip from its directory, before `zipfile` makes an object of each.

The records are those of PKWARE's APPNOTE 6.3.10. The number that a file says of itself is not believed, since
`zipfile` reads as many members as stand in the directory.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO

_END, _LOCATOR, _END64, _MEMBER = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06", b"PK\x01\x02"
_END_BYTES, _LOCATOR_BYTES, _END64_BYTES, _MEMBER_BYTES = 22, 20, 56, 46
_LONGEST_COMMENT = 0xFFFF
_IN_64_BITS = 0xFFFFFFFF
_BUFFER = 1 << 18


def has_more_members(path: Path, most: int) -> bool:
    """Whether the directory has more members than `most`; False where it cannot be read. Raises OSError."""
    with path.open("rb", _BUFFER) as file:
        try:
            start, size = _find_directory(file)
        except (ValueError, struct.error):
            return False
        file.seek(start)
        return _counts_more(file, size, most)


def _counts_more(file: BinaryIO, size: int, most: int) -> bool:
    count = 0
    while size >= _MEMBER_BYTES:
        record = file.read(_MEMBER_BYTES)
        if record[:4] != _MEMBER or len(record) < _MEMBER_BYTES:
            return False
        count += 1
        if count > most:
            return True
        behind = sum(struct.unpack_from("<HHH", record, 28))
        file.seek(behind, os.SEEK_CUR)
        size -= _MEMBER_BYTES + behind
    return False


def _find_directory(file: BinaryIO) -> tuple[int, int]:
    """Where the directory begins, and its bytes; ValueError, struct.error where the file has none."""
    length = file.seek(0, os.SEEK_END)
    tail_start = max(0, length - _END_BYTES - _LONGEST_COMMENT - _LOCATOR_BYTES)
    file.seek(tail_start)
    tail = file.read()
    place = tail.rindex(_END)
    size = struct.unpack_from("<I", tail, place + 12)[0]
    # What stands before the zip, such as a program that unpacks it, moves the directory: it ends here.
    end = tail_start + place
    if tail[max(place - _LOCATOR_BYTES, 0) : place].startswith(_LOCATOR):
        file.seek(end - _LOCATOR_BYTES - _END64_BYTES)
        record = file.read(_END64_BYTES)
        if record[:4] == _END64:
            end -= _LOCATOR_BYTES + _END64_BYTES
            size = struct.unpack_from("<Q", record, 40)[0]
    if size == _IN_64_BITS or size > end:
        raise ValueError("no directory")
    return end - size, size
