"""The form of a schedule that waits for new photos in a folder."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, FloatField, IntegerField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from core.errors import InputError
from core.predict.options import PredictOptions
from core.schedules.store import Timing
from core.schedules.watching.options import WatchOptions
from models import FolderWatch, Schedule
from web.jobs.new import JobForm


class WatchFields(FlaskForm):
    """How the folder is watched; the bounds are those of `WatchOptions`, which checks them again."""

    settle_seconds = FloatField(
        "Settle time, in seconds",
        default=WatchOptions.default_of("settle_seconds"),
        validators=[
            InputRequired("Give a number of seconds."),
            NumberRange(*WatchOptions.bounds_of("settle_seconds")),
        ],
    )
    gather_seconds = FloatField(
        "Longest wait for more photos, in seconds",
        default=WatchOptions.default_of("gather_seconds"),
        validators=[
            InputRequired("Give a number of seconds."),
            NumberRange(*WatchOptions.bounds_of("gather_seconds")),
        ],
    )
    most_photos = IntegerField(
        "Most photos in one job",
        default=WatchOptions.default_of("most_photos"),
        validators=[
            InputRequired("Give a number of photos."),
            NumberRange(*WatchOptions.bounds_of("most_photos")),
        ],
    )
    polls = BooleanField("Look at the folder every few seconds, without notifications of the system")

    def watch_options(self, *, reads_existing: bool) -> WatchOptions:
        """The options; InputError option_invalid."""
        return WatchOptions(
            settle_seconds=self.settle_seconds.data,
            gather_seconds=self.gather_seconds.data,
            most_photos=self.most_photos.data,
            polls=bool(self.polls.data),
            reads_existing=reads_existing,
        )


class NewWatchForm(WatchFields, JobForm):
    """A folder, how it is watched, and what its jobs do."""

    recursive = BooleanField("Sub-folders too", default=True)
    existing = RadioField(
        "Photos that are there already",
        choices=[
            SelectChoice("read", "Read them too"),
            SelectChoice("skip", "Leave them out"),
        ],
        default="read",
    )

    def job_options(self) -> PredictOptions:
        """What the jobs do; InputError folder_missing without a folder."""
        self.source.data = "folder"
        if self.folder_path is None:
            raise InputError("folder_missing", "Choose the folder to watch.")
        return self.options(None).with_changes(recursive=bool(self.recursive.data))

    def timing(self) -> Timing:
        """How the folder is watched."""
        return Timing(watch=self.watch_options(reads_existing=self.existing.data == "read"))


class ChangedWatchForm(WatchFields):
    """What can be changed later: the folder and what the jobs do stay."""

    title = StringField("Title", validators=[DataRequired("Enter a title."), Length(max=200)])

    def timing(self, watch: FolderWatch) -> Timing:
        """How the folder is watched from now on."""
        was = WatchOptions.from_json(watch.options)
        return Timing(watch=self.watch_options(reads_existing=was.reads_existing))


def changed_form(schedule: Schedule, watch: FolderWatch) -> ChangedWatchForm:
    """The form with what is stored."""
    options = WatchOptions.from_json(watch.options)
    return ChangedWatchForm(
        title=schedule.title,
        settle_seconds=options.settle_seconds,
        gather_seconds=options.gather_seconds,
        most_photos=options.most_photos,
        polls=options.polls,
    )


def form_like(options: PredictOptions, title: str) -> NewWatchForm:
    """The form for a folder that a job has read, with the options of that job."""
    return NewWatchForm(
        title=title,
        folder=options.folder,
        recursive=options.recursive,
        smallest_face=options.smallest_face,
        indeterminate_below=options.indeterminate_below,
        anonymise=options.anonymise.value,
        find_duplicates="dedup" in options.follow_up,
        leave_out_hidden=options.leave_out_hidden,
    )
