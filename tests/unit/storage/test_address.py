"""Addresses of object stores: what they name, what is refused, and what lies below what."""

import pytest

from core.errors import InputError
from core.storage.address import StoreAddress, is_address


def test_an_address_names_bucket_and_prefix() -> None:
    address = StoreAddress.parse("s3://photos-of-2026/line 3/cam-1/")
    assert (address.protocol, address.bucket, address.prefix) == ("s3", "photos-of-2026", "line 3/cam-1")
    assert str(address) == "s3://photos-of-2026/line 3/cam-1" and StoreAddress.parse(str(address)) == address
    assert str(StoreAddress.parse("gs://bucket")) == "gs://bucket"
    assert str(StoreAddress.parse("az://container/x").below("y")) == "az://container/x/y"


@pytest.mark.parametrize(
    "text",
    [
        "s3://", "s3:///x", "s3://B", "ftp://bucket/x", "s3://key:secret@bucket/x", "s3://bucket/a/../b",
        "s3://bucket/a//b", "s3://bucket/./a", "s3://bucket/a\0b", "/srv/photos", "",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        StoreAddress.parse(text)
    assert caught.value.code == "bucket_address_invalid" and "secret" not in caught.value.message


def test_a_prefix_contains_what_lies_below_it_and_nothing_else() -> None:
    def contains(outer: str, inner: str) -> bool:
        return StoreAddress.parse(outer).contains(StoreAddress.parse(inner))

    assert contains("s3://bucket", "s3://bucket/a/b") and contains("s3://bucket/a", "s3://bucket/a")
    assert contains("s3://bucket/a", "s3://bucket/a/b")
    assert not contains("s3://bucket/a", "s3://bucket/ab") and not contains("s3://bucket/a", "s3://bucket")
    assert not contains("s3://bucket", "s3://bucket2/a") and not contains("s3://bucket", "gs://bucket/a")


def test_a_folder_is_no_address() -> None:
    assert (
        is_address("s3://x") and is_address("az://") and not is_address("/s3://x") and not is_address("s3:x")
    )
