"""The folder of a training on its way to the object store and back: it goes on at any host."""

import structlog

from core.errors import TransientError
from core.storage.shared_folder import SharedFolder
from workers.engine import BatchRun

#: Most time that the files of a training take to the object store or back.
_SHARE_SECONDS = 3600.0

log = structlog.get_logger()


def fetch(run: BatchRun, folder: SharedFolder) -> None:
    """Bring what another host has shared; nothing without an object store."""
    if folder.objects is not None:
        with run.transfer(_SHARE_SECONDS):
            folder.pull()


def share(run: BatchRun, folder: SharedFolder) -> None:
    """Give what has changed to the object store, from which a training goes on at another host."""
    if folder.objects is not None:
        with run.transfer(_SHARE_SECONDS):
            folder.push()


def share_checkpoint(run: BatchRun, folder: SharedFolder) -> None:
    """Share a checkpoint; where the store is away, the next one is shared with it: that stops no fit."""
    try:
        share(run, folder)
    except TransientError as error:
        log.warning("checkpoint_not_shared", code=error.code)
