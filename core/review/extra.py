"""What a job says where the packages of the extra are not installed."""

from core.errors import PermanentError

INSTALL_COMMAND = "make install-review"


def missing_extra() -> PermanentError:
    """The error of likely label errors and of agreement."""
    return PermanentError(
        "review_extra_missing",
        f"Likely label errors and kappas need further packages. Run `{INSTALL_COMMAND}` in Maskloop's "
        "folder, or install `maskloop[review]`, then start Maskloop again.",
    )
