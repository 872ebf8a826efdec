"""The form for a new review queue."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.review.options import CHOOSABLE, LIMITS, WORTHWHILE, QueueOptions
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


class QueueForm(FlaskForm):
    """Shares, filters and rules; `QueueOptions` checks the same bounds again."""

    title = StringField("Title", validators=[Length(max=200)])
    limit = IntegerField(
        "Maximum number of faces",
        default=QueueOptions.default_of("limit"),
        validators=[InputRequired(), NumberRange(*LIMITS)],
    )
    job = IntegerField("Job", validators=[Optional(), NumberRange(min=1)])
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

    def options(self) -> QueueOptions:
        """The options of the queue; raises InputError shares_invalid or option_invalid."""
        return QueueOptions(
            shares={reason: self.share(reason).data or 0 for reason in CHOOSABLE},
            limit=self.limit.data or 0,
            job_id=self.job.data,
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
