"""Queues in words: names of reasons and presets, the title of a queue, and why it finds no faces."""

from core.number_text import number
from core.review.options import Preset, QueueOptions
from core.review.queues.choices import MatchingFaces
from models import ReviewReason

#: Name and explanation of each reason.
REASONS: dict[ReviewReason, tuple[str, str]] = {
    ReviewReason.UNCERTAIN: ("Uncertain", "two labels are almost equally probable"),
    ReviewReason.DISAGREEMENT: ("Disagreement", "two classifier versions predict different labels"),
    ReviewReason.RARE: ("Rare label", "may have the label with the fewest decided faces"),
    ReviewReason.DIVERSE: ("Diverse", "differ most from each other"),
    ReviewReason.AUDIT: ("Random audit", "random sample with hidden prediction, to measure the classifier"),
    ReviewReason.LABEL_ERROR: ("Likely label errors", "decisions that are likely wrong"),
    ReviewReason.FLAGGED: ("Flagged", "flagged by a reviewer"),
    ReviewReason.AGAIN: ("Decided before", "decided again, most doubtful first"),
    ReviewReason.ALL: ("In order", "all matching faces, oldest first"),
    ReviewReason.CONFLICT: ("Conflict", "two people decided differently"),
    ReviewReason.GOLD: ("Gold", "the correct label is known"),
}
#: Name and explanation of each preset.
PRESET_WORDS: dict[Preset, tuple[str, str]] = {
    Preset.INFORMATIVE: (
        "Most informative",
        "uncertain faces, disagreements between versions, the rare label, and a random sample",
    ),
    Preset.FIRST: ("First labels", "faces that differ most, and a random sample, where few are labelled yet"),
    Preset.AUDIT: ("Random audit", "a random sample with hidden predictions, to measure the classifier"),
    Preset.LABEL_ERRORS: ("Likely label errors", "decisions that are likely wrong"),
    Preset.AGAIN: ("Decided before", "decided again, most doubtful first"),
    Preset.FLAGGED: ("Flagged", "flagged by a reviewer"),
    Preset.ALL: ("All, in order", "all matching undecided faces, oldest first"),
    Preset.CUSTOM: ("Custom", "your own shares of nine kinds of faces"),
}
#: Why a reason may find no faces.
_NEEDS: dict[ReviewReason, str] = {
    ReviewReason.DISAGREEMENT: "Two classifier versions must have predicted the same faces: evaluate "
    "another version, or run a prediction again after promoting it.",
    ReviewReason.LABEL_ERROR: "No decision is likely wrong.",
    ReviewReason.FLAGGED: "No face is flagged. Press F in a queue to flag a face.",
    ReviewReason.AGAIN: "No matching face is decided yet.",
}


def default_title(options: QueueOptions) -> str:
    """The title of a queue whose title was left empty."""
    kinds = ", ".join(REASONS[reason][0] for reason in options.shares).capitalize()
    return kinds if options.job_id is None else f"{kinds}: job {options.job_id}"


def nothing_fits(options: QueueOptions) -> str:
    """The message for an empty queue."""
    first, *others = options.shares
    usual = "All matching faces are decided or wait in another queue."
    return f"No faces found. {usual if others else _NEEDS.get(first, usual)}"


def matching_words(matching: MatchingFaces, options: QueueOptions) -> str:
    """How many faces a queue with these options would find, as a sentence."""
    if not matching.faces and not matching.more:
        return nothing_fits(options)
    count = f"{'More than' if matching.more else 'About'} {number(matching.faces)}"
    one = matching.faces == 1 and not matching.more
    if ReviewReason.LABEL_ERROR in options.shares:
        return f"{count} decided {'face is' if one else 'faces are'} searched for likely label errors."
    words = f"{count} {'face matches' if one else 'faces match'}"
    if matching.faces > options.limit:
        return f"{words}; the queue takes {number(options.limit)}."
    return f"{words}."
