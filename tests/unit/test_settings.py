"""Settings: read, refused by name, documented one by one."""

import re
from pathlib import Path

import pytest

from core.errors import PermanentError
from core.settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_defaults_are_valid_and_survive_the_environment(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, port=9000, secure_cookies=True, lease_seconds=3.5)
    assert Settings.from_env(settings.to_env()) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("SECURE_COOKIES", "maybe"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_is_refused_with_its_name_and_what_is_right(name: str, value: str) -> None:
    with pytest.raises(PermanentError) as caught:
        Settings.from_env({f"MASKLOOP_{name}": value})
    assert caught.value.code == "setting_invalid"
    assert f"MASKLOOP_{name}" in caught.value.message and len(caught.value.message) > 40


def test_secrets_come_from_files_too(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse\n")
    assert Settings.from_env({"MASKLOOP_PASSWORD_FILE": str(secret)}).password == "correct horse"
    with pytest.raises(PermanentError, match="MASKLOOP_PASSWORD"):
        Settings.from_env({"MASKLOOP_PASSWORD_FILE": str(tmp_path / "gone")})


def test_a_deep_data_folder_gets_a_socket_that_fits(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    assert len(str(Settings(data=deep).socket)) < 104
    assert Settings(data=deep).socket != Settings(data=tmp_path).socket


def test_no_secret_is_shown() -> None:
    shown = repr(
        Settings(
            password="correct horse battery", secret_key="k3y-k3y-k3y", database_url="postgresql://u:pw@h/d"
        )
    )
    assert "correct" not in shown and "k3y" not in shown and ":pw@" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("files", "s3://AKIA7:se/cr+et=@bucket/x"),
        ("files_endpoint", "https://AKIA7:se/cr+et=@minio:9000"),
        ("allowed_buckets", "s3://good,s3://AKIA7:se/cr+et=@bucket"),
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(PermanentError) as caught:
        Settings.from_env({f"MASKLOOP_{name.upper()}": value})
    assert caught.value.code == "setting_invalid" and f"MASKLOOP_{name.upper()}" in caught.value.message
    assert "cr+et" not in caught.value.message and "AKIA7" not in caught.value.message


def test_every_setting_is_documented() -> None:
    rows = dict(re.findall(r"^\| `(MASKLOOP_\w+)` \| (.*?) \|", DOCS.read_text(), re.MULTILINE))
    expected = {
        f"MASKLOOP_{name.upper()}": f"`{field.default}`" if field.default != "" else ""
        for name, field in Settings.model_fields.items()
    }
    assert rows == expected
