"""The form that asks for a review queue."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.review.options import CHOOSABLE, LIMITS, WORTHWHILE, QueueOptions
from models import Account, Label, ReviewReason

#: What each share is called and what it is for.
REASONS: dict[ReviewReason, tuple[str, str]] = {
    ReviewReason.UNCERTAIN: ("Uncertain", "the classifier hesitates between two labels"),
    ReviewReason.DISAGREEMENT: ("Disagreement", "two classifier versions say different labels"),
    ReviewReason.RARE: ("Rare label", "may have the label that the fewest decided faces have"),
    ReviewReason.DIVERSE: ("Diverse", "look unlike each other"),
    ReviewReason.AUDIT: ("Random audit", "drawn by chance, guess hidden: measures the classifier"),
    ReviewReason.LABEL_ERROR: ("Likely label errors", "decided, but likely wrong"),
    ReviewReason.FLAGGED: ("Flagged", "somebody wants them looked at"),
    ReviewReason.AGAIN: ("Decided before", "looked at again, the most doubtful first"),
    ReviewReason.ALL: ("In order", "every face that fits, as it came"),
    ReviewReason.CONFLICT: ("Conflict", "two people decided differently"),
    ReviewReason.GOLD: ("Gold", "the answer is known"),
}
#: What a kind of face waits for where there is none.
_NEEDS: dict[ReviewReason, str] = {
    ReviewReason.DISAGREEMENT: "Two classifier versions must have judged the same faces: evaluate another "
    "one, or predict anew once it is the champion.",
    ReviewReason.LABEL_ERROR: "No decided face is likely wrong.",
    ReviewReason.FLAGGED: "Nobody has flagged a face; F does so in any queue.",
    ReviewReason.AGAIN: "No face that fits is decided yet.",
}
LABEL_WORDS = {
    Label.WITH_MASK: "With mask",
    Label.WITHOUT_MASK: "Without mask",
    Label.INCORRECT: "Incorrect",
    Label.NOT_A_FACE: "Not a face",
}
_LABELS = [
    SelectChoice("", "Any"),
    *(SelectChoice(label.value, words) for label, words in LABEL_WORDS.items()),
]


def default_title(options: QueueOptions) -> str:
    """What a queue is called whose maker gave it no name."""
    kinds = ", ".join(REASONS[reason][0] for reason in options.shares).capitalize()
    return kinds if options.job_id is None else f"{kinds}: job {options.job_id}"


def nothing_fits(options: QueueOptions) -> str:
    """Why a queue came out empty."""
    first, *others = options.shares
    usual = "All that do are decided, or wait in another queue."
    return f"No face fits. {usual if others else _NEEDS.get(first, usual)}"


class QueueForm(FlaskForm):
    """Shares, narrowing and rules; the bounds are those of `QueueOptions`, which checks them again."""

    title = StringField("Title", validators=[Length(max=200)])
    limit = IntegerField(
        "Faces at most",
        default=QueueOptions.default_of("limit"),
        validators=[InputRequired(), NumberRange(*LIMITS)],
    )
    job = IntegerField("Job", validators=[Optional(), NumberRange(min=1)])
    host = StringField("Host", validators=[Length(max=253)])
    phrase = StringField("Phrase", validators=[Length(max=200)])
    reviewer = SelectField("Decided by", default="")
    label = SelectField("Predicted label", choices=_LABELS, default="")
    no_faces = BooleanField("Also what the classifier takes for no face")
    hidden = BooleanField("Also in photos that are hidden as duplicates")
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
    show_guess = BooleanField("Show the classifier's guess before the decision")

    def options(self) -> QueueOptions:
        """What was asked for; InputError shares_invalid or option_invalid."""
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
        """Let the form name these people."""
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
