"""Values of settings from environment variables, or from the files that NAME_FILE names."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic_settings import BaseSettings, EnvSettingsSource

from core.errors import MaskloopError


class EnvironmentSource(EnvSettingsSource):
    """Variables of a mapping; where only NAME_FILE is set, the value is read from that file.

    `refuse` makes the error of a field from its name and what is wrong.
    """

    def __init__(
        self,
        settings: type[BaseSettings],
        environ: Mapping[str, str],
        *,
        prefix: str,
        refuse: Callable[[str, str], MaskloopError],
    ) -> None:
        self._environ, self._prefix, self._refuse = environ, prefix, refuse
        super().__init__(settings)

    def _load_env_vars(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for name in self.settings_cls.model_fields:
            value = self._value(name)
            if value is not None:
                found[(self._prefix + name).lower()] = value
        return found

    def _value(self, name: str) -> str | None:
        key = self._prefix + name.upper()
        if key in self._environ:
            return self._environ[key]
        path = self._environ.get(key + "_FILE")
        if path is None:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise self._refuse(name, f"its file {path} cannot be read ({error.strerror})") from error
