"""Request a queue that will find faces."""

from sqlalchemy.orm import Session

from core.errors import InputError
from core.review.job_kind import request_queue
from core.review.options import QueueOptions
from core.review.queues.choices import count_matching
from core.review.queues.words import default_title, nothing_fits
from models import ReviewQueue


def request_matching(
    session: Session, options: QueueOptions, *, title: str, account_id: int | None
) -> ReviewQueue:
    """Add a queue and the job that fills it; an empty title is made of the options.

    Raises InputError job_not_found, job_deleted, or queue_empty where no face matches: the queue would say
    that all are decided.
    """
    matching = count_matching(session, options)
    if not matching.faces and not matching.more:
        raise InputError("queue_empty", nothing_fits(options))
    return request_queue(
        session, options, title=title.strip() or default_title(options), account_id=account_id
    )
