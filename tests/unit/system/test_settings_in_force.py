"""Settings in force: every one is listed, and no secret is shown."""

from pathlib import Path

from core.settings import Settings
from core.system.settings_in_force import list_settings

#: Names of settings whose values can hold a secret: a new one must be hidden too.
_SECRET_WORDS = ("key", "password", "secret", "token", "url")


def test_every_setting_is_listed_with_its_value(tmp_path: Path) -> None:
    listed = list_settings(Settings(data=tmp_path, workers=7, secure_cookies=True))
    assert [each.name for each in listed] == [f"MASKLOOP_{name.upper()}" for name in Settings.model_fields]
    by_name = {each.name: each for each in listed}
    assert by_name["MASKLOOP_WORKERS"].value == "7" and not by_name["MASKLOOP_WORKERS"].is_default
    assert by_name["MASKLOOP_DATA"].value == str(tmp_path)
    assert by_name["MASKLOOP_PORT"].is_default and all(each.description for each in listed)


def test_secrets_are_hidden() -> None:
    secrets = [name for name, field in Settings.model_fields.items() if not field.repr]
    named = [name for name in Settings.model_fields if any(word in name.split("_") for word in _SECRET_WORDS)]
    assert set(secrets) >= set(named) and len(named) >= 5
    listed = list_settings(Settings(**dict.fromkeys(secrets, "postgresql://user:hunter2@host/db")))
    assert not [each for each in listed if "hunter2" in each.value]
    assert {each.name for each in listed if each.value == "set, not shown"} == {
        f"MASKLOOP_{name.upper()}" for name in secrets
    }
    assert {each.value for each in list_settings(Settings()) if each.name == "MASKLOOP_PASSWORD"} == {""}
