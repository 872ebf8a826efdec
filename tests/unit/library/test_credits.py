"""What a credit says of the place of a photo."""

import pytest

from core.library.credits import Credit, credit_values
from models import SourceKind


@pytest.mark.parametrize(
    ("kind", "place", "outside"),
    [
        (SourceKind.FOLDER, "/srv/people/ann/a.jpg", "a.jpg"),
        (SourceKind.FOLDER, "s3://bucket/prefix/a.jpg", "a.jpg"),
        (SourceKind.UPLOAD, "folder/a.jpg", "folder/a.jpg"),
        (SourceKind.CRAWL, "https://example.org/a.jpg", "https://example.org/a.jpg"),
    ],
)
def test_files_that_leave_the_house_do_not_name_its_folders(
    kind: SourceKind, place: str, outside: str
) -> None:
    unknown = dict.fromkeys(("page_url", "licence", "licence_url", "title", "creator"))
    credit = Credit(kind=kind, place=place, **unknown)
    assert credit_values(credit)[0] == outside
