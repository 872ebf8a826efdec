"""The base of all models."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """An answer of the service; fields that this release does not know are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=(), defer_build=True)
