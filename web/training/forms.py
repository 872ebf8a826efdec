"""The form that requests a training."""

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from core.number_text import plural
from core.training.options import PromoteBy, Start, TrainOptions
from models import Dataset

_NEWEST = ""
_STARTS = (
    SelectChoice(Start.CHAMPION.value, "The champion: keeps what it has learned"),
    SelectChoice(Start.IMAGENET.value, "ImageNet: from scratch, for large datasets"),
)
_DEPTHS = (
    SelectChoice("head", "The head: seconds to a minute"),
    SelectChoice("fine_tune", "The head, then the upper blocks: minutes to half an hour"),
)
_PROMOTERS = (
    SelectChoice(PromoteBy.PERSON.value, "A person, after reviewing the evaluation"),
    SelectChoice(PromoteBy.GATE.value, "The gate, automatically, if the version passes"),
)


class TrainingForm(FlaskForm):
    """The bounds are those of `TrainOptions`, which checks them again."""

    title = StringField("Title", validators=[Length(max=200)])
    dataset = SelectField("Dataset", validate_choice=True)
    start = RadioField("Start from", choices=_STARTS, default=Start.CHAMPION.value)
    depth = RadioField("Train", choices=_DEPTHS, default="head")
    promote_by = RadioField("Who promotes it", choices=_PROMOTERS, default=PromoteBy.PERSON.value)
    fine_tune_epochs = IntegerField(
        "Maximum epochs of the upper blocks",
        default=10,
        validators=[
            InputRequired("Give a number."),
            NumberRange(1, TrainOptions.bounds_of("fine_tune_epochs")[1]),
        ],
    )
    head_epochs = IntegerField(
        "Maximum epochs of the head",
        default=TrainOptions.default_of("head_epochs"),
        validators=[InputRequired("Give a number."), NumberRange(*TrainOptions.bounds_of("head_epochs"))],
    )
    patience = IntegerField(
        "Epochs without improvement",
        default=TrainOptions.default_of("patience"),
        validators=[InputRequired("Give a number."), NumberRange(*TrainOptions.bounds_of("patience"))],
    )
    agreeing = IntegerField(
        "People who must agree",
        default=TrainOptions.default_of("agreeing"),
        validators=[InputRequired("Give a number."), NumberRange(*TrainOptions.bounds_of("agreeing"))],
    )
    seed = IntegerField(
        "Seed",
        default=TrainOptions.default_of("seed"),
        validators=[InputRequired("Give a number."), NumberRange(*TrainOptions.bounds_of("seed"))],
    )
    least_new = IntegerField(
        "New decisions that a scheduled training waits for",
        default=200,
        validators=[InputRequired("Give a number."), NumberRange(*TrainOptions.bounds_of("least_new"))],
    )
    tensorboard = BooleanField("Write TensorBoard logs")

    def offer(self, datasets: Sequence[Dataset]) -> None:
        """Set the datasets that can be chosen."""
        found = [
            SelectChoice(str(each.id), f"{each.id}: {each.title}, {plural(each.faces, 'face')}")
            for each in datasets
        ]
        newest = SelectChoice(_NEWEST, "The current decisions, frozen as a new dataset")
        self.dataset.choices = [newest, *found]

    def options(self) -> TrainOptions:
        """The options that were entered."""
        return TrainOptions(
            dataset_id=int(self.dataset.data) if self.dataset.data else None,
            agreeing=self.agreeing.data,
            start=Start(self.start.data),
            head_epochs=self.head_epochs.data,
            fine_tune_epochs=self.fine_tune_epochs.data if self.depth.data == "fine_tune" else 0,
            patience=self.patience.data,
            seed=self.seed.data,
            tensorboard=bool(self.tensorboard.data),
            promote_by=PromoteBy(self.promote_by.data),
            least_new=self.least_new.data,
        )
