"""Every setting with its value in force, derived from `Settings`; secrets are hidden."""

from dataclasses import dataclass

from core.settings import Settings

_HIDDEN = "set, not shown"


@dataclass(frozen=True, kw_only=True)
class SettingInForce:
    """One setting."""

    #: The environment variable.
    name: str
    #: Empty where nothing is set; a secret says only that it is set.
    value: str
    description: str
    is_default: bool


def list_settings(settings: Settings) -> list[SettingInForce]:
    """All settings in the order of `Settings`; fields that `repr` leaves out are secrets."""
    environment, defaults = settings.to_env(), Settings().to_env()
    return [
        SettingInForce(
            name=variable,
            value=_HIDDEN if value and not field.repr else value,
            description=field.description or "",
            is_default=value == defaults[variable],
        )
        for (variable, value), field in zip(environment.items(), Settings.model_fields.values(), strict=True)
    ]
