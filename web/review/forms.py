"""The form for a new review queue."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.review.options import CHOOSABLE, LIMITS, PRESETS, WORTHWHILE, Preset, QueueOptions
from core.review.queues.words import PRESET_WORDS, REASONS
from models import CHOICES, Account, Label, ReviewReason

LABEL_WORDS = {label: label.words.capitalize() for label in Label}
#: What a reviewer can answer, in the order of the buttons and keys.
CHOICE_WORDS = {choice: choice.words.capitalize() for choice in CHOICES}
_LABELS = [
    SelectChoice("", "Any"),
    *(SelectChoice(label.value, words) for label, words in LABEL_WORDS.items()),
]


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
