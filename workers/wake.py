"""Tell workers that there is work; to fail at it is harmless, since the tick tries again."""

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.settings import Settings
from workers.app import QUEUE, WAKE_EXPIRES_SECONDS, WAKE_TASK, celery_app

log = structlog.get_logger()


def wake(settings: Settings, *, count: int | None = None) -> bool:
    """Send wake-ups, one a worker process unless `count` says otherwise; False where the broker is away."""
    app = celery_app(settings.broker)
    try:
        with app.connection_for_write() as connection:
            # Asked for now: left to itself the first message would try for seconds.
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            for _ in range(settings.workers if count is None else count):
                app.send_task(
                    WAKE_TASK, queue=QUEUE, expires=WAKE_EXPIRES_SECONDS, connection=connection, retry=False
                )
    except (OperationalError, RedisError, OSError) as error:
        log.warning("wake_not_sent", error=str(error))
        return False
    return True
