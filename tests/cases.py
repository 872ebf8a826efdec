"""Tests that need not run for every case, or on every database, from the beginning."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import pytest

#: For tests that ask for `settings` and send nothing to their database: once is enough for them.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def in_one_test(names: str | Sequence[str], cases: Sequence[Any]) -> Callable[[Callable[..., None]], Any]:
    """As `pytest.mark.parametrize`, for cases that change nothing: what they look at is made once for all.

    Each case is a subtest; one that fails does not keep the others from running.
    """
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(test)

        @functools.wraps(test)
        def run(subtests: pytest.Subtests, **fixtures: Any) -> None:
            for case in cases:
                values = case if len(wanted) > 1 else (case,)
                with subtests.test(msg=str(case)):
                    test(**fixtures, **dict(zip(wanted, values, strict=True)))

        fixtures = [each for name, each in signature.parameters.items() if name not in wanted]
        asked = inspect.Parameter("subtests", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__signature__ = signature.replace(parameters=[asked, *fixtures])  # type: ignore[attr-defined]
        return run

    return decorate
