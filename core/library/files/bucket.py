"""Photos below a prefix of a bucket, as a job reads them: listed in the order of folders, and read by key."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core.errors import InputError
from core.library.files.folder import FolderEntry, WalkTally, check_root
from core.library.files.names import display_name, is_photo_name
from core.library.files.skipping import Skip, skip_of_file, skip_of_folder
from core.storage.address import is_address
from core.storage.inputs import InputBuckets
from core.storage.objects import ObjectFolder

NO_BUCKETS = InputBuckets()


def check_place(folder: str, roots: Sequence[Path], buckets: InputBuckets) -> str:
    """The real path of a folder, or the address of a bucket's prefix, that a job may read.

    The store is not asked: a schedule starts its job also while the store is away, and the job waits for it.
    Raises what `check_root` raises, and InputError bucket_address_invalid, bucket_not_allowed.
    """
    return str(buckets.open(folder).address) if is_address(folder) else str(check_root(Path(folder), roots))


def walk_bucket(
    objects: ObjectFolder,
    *,
    tally: WalkTally,
    before_folder: Callable[[], None] = lambda: None,
    wanted: Callable[[bytes], bool] = is_photo_name,
    folder: str = "",
) -> Iterator[FolderEntry]:
    """Every photo below the prefix, folder by folder, sorted by name within a folder, as `walk_photos` does.

    The names of one folder are in memory at a time.
    """
    before_folder()
    folders, found = objects.list_folder(folder)
    for each in sorted(found, key=lambda one: one.key.encode()):
        name, path = each.key.rpartition("/")[2].encode(), each.key.encode()
        skip = skip_of_file(name, wanted)
        if skip is None:
            tally.count(None)
            yield FolderEntry(relative=path, size=each.bytes, mtime=each.changed_at)
        else:
            tally.skip(Skip(reason=skip.reason, path=path, system=skip.system))
    tally.folders += 1
    for below in sorted(folders, key=str.encode):
        inner = f"{folder}/{below}" if folder else below
        skip = skip_of_folder(below.encode())
        if skip is not None:
            tally.skip(Skip(reason=skip.reason, path=inner.encode(), system=skip.system))
        else:
            yield from walk_bucket(
                objects, tally=tally, before_folder=before_folder, wanted=wanted, folder=inner
            )


def read_object(objects: ObjectFolder, relative: bytes, *, max_bytes: int) -> bytes:
    """The bytes of an object by its path below the prefix.

    Raises InputError file_gone, photo_too_large_bytes, and what the store raises.
    """
    name, key = display_name(relative), relative.decode()
    found = objects.find(key)
    if found is not None and found.bytes > max_bytes:
        raise InputError("photo_too_large_bytes", f"{name} has more bytes than the limit of {max_bytes:,}.")
    try:
        if found is not None:
            return objects.read(key)
    except FileNotFoundError:
        pass
    raise InputError("file_gone", f"{name} is no longer there.")
