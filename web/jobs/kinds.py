"""The panels of every job kind; importing this declares them."""

import core.job_kinds  # noqa: F401 (declares the kinds)
from web.crawl import job_panel as crawl  # noqa: F401
from web.datasets import job_panel as datasets  # noqa: F401
from web.duplicates import job_panel as duplicates  # noqa: F401
from web.extraction import job_panel as extraction  # noqa: F401
from web.jobs import job_panel as predict  # noqa: F401
from web.library import job_panel as removal  # noqa: F401
from web.review import job_panel as review  # noqa: F401
from web.training import job_panel as training  # noqa: F401
from web.versions import job_panel as versions  # noqa: F401
