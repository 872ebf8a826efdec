"""What the signed-in person may see of the faces in a photo."""

from core.library.pictures.anonymise import Anonymise, Cover, read_covers
from models import Photo, Role
from web.accounts.session import current_account
from web.extension import database, settings


def covers_for_reader(photo: Photo) -> tuple[Cover, ...]:
    """The covers for reviewers under the setting `reviewer_pictures`; nothing is covered for leads."""
    how = Anonymise(settings().reviewer_pictures)
    if how is Anonymise.NONE or current_account().role is Role.LEAD:
        return ()
    with database().read() as rows:
        return read_covers(rows, [photo.id], how).get(photo.id, ())
