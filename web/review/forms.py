"""The form for a new review queue."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.number_text import number
from core.review.options import CHOOSABLE, LIMITS, PRESETS, WORTHWHILE, Preset, QueueOptions
from core.review.queues.choices import MatchingFaces
from models import CHOICES, Account, Label, ReviewReason

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
LABEL_WORDS = {label: label.words.capitalize() for label in Label}
#: What a reviewer can answer, in the order of the buttons and keys.
CHOICE_WORDS = {choice: choice.words.capitalize() for choice in CHOICES}
_LABELS = [
    SelectChoice("", "Any"),
    *(SelectChoice(label.value, words) for label, words in LABEL_WORDS.items()),
]


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


class QueueForm(FlaskForm):
    """Shares, filters and rules; `QueueOptions` checks the same bounds again."""

    title = StringField("Title", validators=[Length(max=200)])
    limit = IntegerField(
        "Maximum number of faces",
        default=QueueOptions.default_of("limit"),
        validators=[InputRequired(), NumberRange(*LIMITS)],
    )
    preset = RadioField(
        "Which faces",
        choices=[SelectChoice(preset.value, words[0]) for preset, words in PRESET_WORDS.items()],
        # Of a request without a preset, which gives shares.
        default=Preset.CUSTOM.value,
        validators=[Optional()],
    )
    job = StringField("Job", validators=[Length(max=300)])
    host = StringField("Host", validators=[Length(max=253)])
    phrase = StringField("Phrase", validators=[Length(max=200)])
    reviewer = SelectField("Decided by", default="")
    label = SelectField("Predicted label", choices=_LABELS, default="")
    no_faces = BooleanField("Include faces predicted as not a face")
    hidden = BooleanField("Include photos hidden as duplicates")
    second_percent = IntegerField(
        "Second decisions",
        default=QueueOptions.default_of("second_percent"),
        validators=[InputRequired(), NumberRange(0, 100)],
    )
    gold_percent = IntegerField(
        "Gold faces",
        default=QueueOptions.default_of("gold_percent"),
        validators=[InputRequired(), NumberRange(0, 20)],
    )
    show_guess = BooleanField("Show the prediction before the decision")

    def options(self, job_id: int | None) -> QueueOptions:
        """The options of the queue; raises InputError shares_invalid or option_invalid."""
        return QueueOptions(
            shares=PRESETS.get(Preset(self.preset.data), self._own_shares()),
            limit=self.limit.data or 0,
            job_id=job_id,
            host=(self.host.data or "").strip() or None,
            phrase=(self.phrase.data or "").strip() or None,
            reviewer_id=int(self.reviewer.data) if self.reviewer.data else None,
            label=Label(self.label.data) if self.label.data else None,
            no_faces=self.no_faces.data,
            hidden=self.hidden.data,
            second_percent=self.second_percent.data or 0,
            gold_percent=self.gold_percent.data or 0,
            show_guess=self.show_guess.data,
        )

    def _own_shares(self) -> dict[ReviewReason, int]:
        return {reason: self.share(reason).data or 0 for reason in CHOOSABLE}

    def offer_reviewers(self, people: Iterable[Account]) -> None:
        """Offer these people as reviewers."""
        named = (SelectChoice(str(account.id), account.name) for account in people)
        self.reviewer.choices = [SelectChoice("", "Anybody"), *named]

    def share(self, reason: ReviewReason) -> IntegerField:
        """The field of one reason's share."""
        field: IntegerField = self[f"share_{reason.value}"]
        return field


for _reason in CHOOSABLE:
    setattr(
        QueueForm,
        f"share_{_reason.value}",
        IntegerField(
            REASONS[_reason][0],
            default=WORTHWHILE.get(_reason, 0),
            validators=[Optional(), NumberRange(0, 100)],
        ),
    )
