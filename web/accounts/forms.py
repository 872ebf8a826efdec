"""Forms of the sign-in, account and people pages."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length

from models import Role

#: A role, and what it may do.
ROLE_WORDS = {
    Role.VIEWER: "Viewer: sees and downloads results",
    Role.REVIEWER: "Reviewer: decides faces and edits boxes",
    Role.LEAD: "Lead: does everything but read the activity log",
}
OWNER_WORDS = "Owner: does everything"


class SignInForm(FlaskForm):
    """Name and password."""

    name = StringField("Name", default="owner", validators=[InputRequired(), Length(max=64)])
    password = PasswordField("Password", validators=[InputRequired(), Length(max=1024)])
    submit = SubmitField("Sign in")


class PasswordForm(FlaskForm):
    """A new password, twice; and the current one if there is one."""

    current = PasswordField("Current password", validators=[Length(max=1024)])
    password = PasswordField("New password", validators=[InputRequired(), Length(max=1024)])
    again = PasswordField(
        "New password again",
        validators=[EqualTo("password", message="The two new passwords differ.")],
    )
    submit = SubmitField("Set password")


class PersonForm(FlaskForm):
    """A new account."""

    name = StringField("Name", validators=[InputRequired("Give a name."), Length(max=64)])
    role = RadioField(
        "Role",
        choices=[SelectChoice(role.value, words) for role, words in ROLE_WORDS.items()],
        default=Role.REVIEWER.value,
    )
    limited = BooleanField("Show them nothing until I have chosen series and review queues")
