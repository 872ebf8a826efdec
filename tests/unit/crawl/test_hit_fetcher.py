"""A picture whose place in the store cannot be reached is no broken picture."""

from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image

from core.crawl.fetch.hit_fetcher import HitFetcher
from core.detection.photo import PhotoLimits
from core.errors import TransientError
from core.item_errors import ItemErrors


def _picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 64)).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize("code", ["storage_unavailable", "disk_full", "store_write_failed"])
def test_a_store_that_is_away_costs_no_picture(code: str) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise TransientError(code, "away")

    fetcher = HitFetcher(
        fetcher=SimpleNamespace(get=lambda *_a, **_o: SimpleNamespace(content=_picture(), status=200)),
        store=SimpleNamespace(put=fail),
        limits=PhotoLimits(),
        smallest_side=1,
        is_removed=lambda _sha256: False,
        errors=ItemErrors(),
    )
    with pytest.raises(TransientError) as caught:
        fetcher.fetch(SimpleNamespace(position=0, address="http://h/a.jpg", page_url=""))
    assert caught.value.code == code
