"""The address of an object store, or of a prefix in one, such as s3://bucket/prefix."""

import re
from dataclasses import dataclass
from typing import Self

from core.errors import InputError

#: Name of fsspec's implementation, and the extra of Maskloop that installs it, by protocol.
PACKAGES = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "az": ("adlfs", "azure")}
_ADDRESS = re.compile(r"(s3|gs|az)://([a-z0-9][a-z0-9._-]{1,62})(?:/(.*))?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class StoreAddress:
    """A bucket, or what lies below a prefix of it."""

    #: A key of `PACKAGES`.
    protocol: str
    bucket: str
    #: Without a slash at its ends; empty for the whole bucket.
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InputError bucket_address_invalid; the message does not repeat what may hold a secret."""
        found = _ADDRESS.fullmatch(text)
        prefix = (found[3] or "").strip("/") if found else ""
        if found is None or _leads_elsewhere(prefix):
            raise InputError(
                "bucket_address_invalid",
                "The address of a bucket is s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX, "
                "without credentials.",
            )
        return cls(protocol=found[1], bucket=found[2], prefix=prefix)

    def __str__(self) -> str:
        return f"{self.protocol}://{self.path}"

    @property
    def path(self) -> str:
        """Bucket and prefix, as fsspec takes them."""
        return f"{self.bucket}/{self.prefix}" if self.prefix else self.bucket

    def below(self, part: str) -> Self:
        """The address of a further prefix."""
        prefix = f"{self.prefix}/{part}" if self.prefix else part
        return type(self)(protocol=self.protocol, bucket=self.bucket, prefix=prefix)

    def contains(self, other: "StoreAddress") -> bool:
        """Whether the other address is this one or lies below it."""
        same = (self.protocol, self.bucket) == (other.protocol, other.bucket)
        return same and (not self.prefix or f"{other.prefix}/".startswith(f"{self.prefix}/"))


def is_address(text: str) -> bool:
    """Whether the text names an object store, rightly or not, instead of a folder."""
    return text.startswith(tuple(f"{protocol}://" for protocol in PACKAGES))


def _leads_elsewhere(prefix: str) -> bool:
    """Parts that some stores take as folders, and characters that no key of ours has."""
    return (any(part in {"", ".", ".."} for part in prefix.split("/")) and prefix != "") or "\0" in prefix
