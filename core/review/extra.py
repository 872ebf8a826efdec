"""The error of jobs that need the optional review packages."""

from core.errors import PermanentError

INSTALL_COMMAND = "make install-review"


def missing_extra() -> PermanentError:
    """PermanentError review_extra_missing, with the command that installs the packages."""
    return PermanentError(
        "review_extra_missing",
        f"Likely label errors and kappas need additional packages. Run `{INSTALL_COMMAND}` in Maskloop's "
        "folder, or install `maskloop[review]`, then restart Maskloop.",
    )
