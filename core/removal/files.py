"""Delete the files of removed photos: their bytes, thumbnails, crops and features."""

from collections.abc import Iterable, Sequence

from core.library.files.store import photo_store
from core.settings import Settings
from core.storage.installation import cache_folder
from core.training.features import FeatureCache

#: Folders below the data folder whose files are named `ab/SHA256-...`.
_DERIVED = ("thumbnails", "crops")


def remove_files(settings: Settings, sha256s: Iterable[str]) -> None:
    """Delete stored bytes, thumbnails and crops; missing files are ignored."""
    store = photo_store(settings)
    for sha256 in sha256s:
        store.delete(sha256)
        remove_derived(settings, [sha256])


def remove_derived(settings: Settings, sha256s: Iterable[str]) -> None:
    """Delete thumbnails and crops alone."""
    for sha256 in sha256s:
        for folder in _DERIVED:
            for path in (cache_folder(settings, folder) / sha256[:2]).glob(f"{sha256}-*"):
                path.unlink(missing_ok=True)


def delete_features(settings: Settings, keys: Sequence[bytes]) -> None:
    """Delete features from the cache of every backbone; missing keys are ignored."""
    for path in sorted((settings.data / "features").glob("*.sqlite")):
        FeatureCache(path).delete(keys)
