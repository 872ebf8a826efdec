"""The form of a webhook, and the words of its events."""

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from core.webhooks.store import EVENTS, LONGEST_NAME
from models import EventType

EVENT_WORDS = {
    EventType.JOB_FINISHED: "A job is done",
    EventType.JOB_FAILED: "A job has failed",
    EventType.JOB_CANCELLED: "A job is cancelled",
    EventType.REPORT_READY: "Reports of a job are written",
    EventType.TARGET_MISSED: "The share of a job misses its target",
    EventType.VERSION_PROMOTED: "A classifier or detector version is promoted",
    EventType.CONFLICT_FOUND: "Two people disagree about a face",
    EventType.TEST: "Test",
}


class WebhookForm(FlaskForm):
    """Name, address and events; `core.webhooks` checks them."""

    name = StringField("Name", validators=[InputRequired("Give a name."), Length(max=LONGEST_NAME)])
    url = StringField("Address", validators=[InputRequired("Give the address of the receiver.")])
    events = SelectMultipleField(
        "Send when",
        choices=[SelectChoice(event.value, EVENT_WORDS[event]) for event in EVENTS],
        default=[EventType.JOB_FINISHED.value, EventType.JOB_FAILED.value],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    def validate_events(self, field: SelectMultipleField) -> None:
        """No `InputRequired`: browsers would ask for each of the boxes to be ticked."""
        if not field.data:
            raise ValidationError("Choose at least one event.")

    def chosen(self) -> list[EventType]:
        """The events that are ticked."""
        return [EventType(event) for event in self.events.data or ()]
