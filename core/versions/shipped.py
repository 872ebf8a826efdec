"""The version that an installed release brings."""

import json
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.card import CARD_FILE, CHAMPION
from core.versions.file_store import VersionFiles
from core.versions.promotion import promote
from core.versions.register import KeptFile, NewVersion, keep_files, register_version
from models import ClassifierVersion, Promotion, PromotionKind, VersionFileKind


def keep_shipped(store: VersionFiles) -> NewVersion:
    """Copy the release's files into the store; what `register_shipped` takes."""
    card = json.loads((CHAMPION / CARD_FILE).read_text(encoding="utf-8"))
    return NewVersion(name=card["name"], card=card, files=_keep(store, card))


def register_shipped(session: Session, shipped: NewVersion) -> ClassifierVersion:
    """Note the release's version. It becomes the champion unless people have made another one so.

    A newer release replaces an older one's champion; what was trained here and promoted stays.
    """
    version = register_version(session, shipped)
    version.card = dict(shipped.card)
    newest = session.scalars(select(Promotion).order_by(Promotion.id.desc()).limit(1)).one_or_none()
    untouched = newest is None or newest.kind is PromotionKind.INSTALLED
    if untouched and not (version.champion and newest):
        _install(session, version)
    return version


def _install(session: Session, version: ClassifierVersion) -> None:
    if version.champion:
        # A database from before the history of champions was kept.
        version.champion = False
        session.flush()
    promote(session, version.id, kind=PromotionKind.INSTALLED, account_id=None)


def _keep(store: VersionFiles, card: dict[str, dict[str, str]]) -> list[KeptFile]:
    paths: dict[VersionFileKind, Path] = {
        VersionFileKind.LITERT: CHAMPION / card["classifier"]["name"],
        VersionFileKind.CORRECTION: CHAMPION / card["correction"]["name"],
        VersionFileKind.KERAS: CHAMPION / card["weights"]["name"],
    }
    return keep_files(store, paths, card)
