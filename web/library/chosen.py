"""The photos that a form of the library names: chosen ones, or all that a filter matches."""

from flask import request

from core.errors import InputError
from core.library.selection.model import LibrarySelection


def read_filter() -> LibrarySelection:
    """The filter of the address or form; InputError selection_invalid."""
    return LibrarySelection.read(request.values.to_dict(), request.values.getlist("ids"))


def read_chosen() -> LibrarySelection:
    """The chosen photos of a form, or with `all` everything that its filter matches.

    Nothing chosen never means everything: InputError nothing_chosen, or selection_invalid.
    """
    if request.form.get("all") == "1":
        return LibrarySelection.read(request.form.to_dict(), request.form.getlist("filter_ids"))
    chosen = LibrarySelection.read({}, request.form.getlist("ids"))
    if not chosen.photos:
        raise InputError("nothing_chosen", "Choose photos first, or choose all that match the filter.")
    return chosen
