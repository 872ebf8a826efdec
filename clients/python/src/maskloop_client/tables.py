"""Rows as a table of pandas."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from maskloop_client.errors import ConfigurationError
from maskloop_client.models.base import Model

if TYPE_CHECKING:
    import pandas


def table_of(model: type[Model], rows: Sequence[Model]) -> "pandas.DataFrame":
    """A column for each field; those of an object in it have its name before theirs (`faces_incorrect`).

    Raises ConfigurationError where pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ConfigurationError(
            "Tables need pandas: pip install 'maskloop-client[pandas]', or use to_list()."
        ) from error
    if not rows:
        return pandas.DataFrame(columns=list(model.model_fields))
    return pandas.json_normalize([row.model_dump() for row in rows], sep="_")
