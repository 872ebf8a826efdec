"""What a job says where the packages of the extra are not installed."""

from core.errors import PermanentError


def missing_extra() -> PermanentError:
    """The error of likely label errors and of agreement."""
    return PermanentError(
        "review_extra_missing",
        "Likely label errors and kappas need further packages: pip install 'maskloop[review]'.",
    )
