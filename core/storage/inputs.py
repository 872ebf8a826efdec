"""Buckets whose objects jobs may read, as the settings allow them."""

from dataclasses import dataclass

from core.errors import InputError
from core.settings import Settings
from core.storage.address import StoreAddress
from core.storage.objects import ObjectFolder


@dataclass(frozen=True, kw_only=True)
class InputBuckets:
    """Prefixes below which jobs may read objects; none by default."""

    allowed: tuple[StoreAddress, ...] = ()
    endpoint: str = ""

    def open(self, folder: str) -> ObjectFolder:
        """The objects below an address; InputError bucket_address_invalid, bucket_not_allowed."""
        address = StoreAddress.parse(folder)
        if not any(allowed.contains(address) for allowed in self.allowed):
            raise InputError(
                "bucket_not_allowed", f"{address} is outside the buckets that may be read and written."
            )
        return ObjectFolder(address, endpoint=self.endpoint)


def input_buckets(settings: Settings) -> InputBuckets:
    """Those of the setting."""
    parts = filter(None, map(str.strip, settings.allowed_buckets.split(",")))
    return InputBuckets(allowed=tuple(map(StoreAddress.parse, parts)), endpoint=settings.files_endpoint)
