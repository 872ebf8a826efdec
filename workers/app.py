"""The Celery application: it carries wake-ups, nothing else; what there is to do stands in the database."""

from functools import cache

from celery import Celery

from core.settings import Settings

#: The queue of wake-ups for batches of photos and reports.
QUEUE = "photos"

WAKE_TASK = "maskloop.wake"

#: A wake-up that nobody took for this long says nothing new: the tick sends another.
WAKE_EXPIRES_SECONDS = 30


@cache
def celery_app(broker: str) -> Celery:
    """An application for one broker; connects at first use."""
    app = Celery("maskloop", broker=broker)
    app.conf.update(
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 2},
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        # Kilobytes. A process that huge photos have swollen is replaced between two loops.
        worker_max_memory_per_child=1_000_000,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
    )
    return app


def app_from_env() -> Celery:
    """The application of this process's environment."""
    return celery_app(Settings.from_env().broker)
