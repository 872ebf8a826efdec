"""The files of a classifier version."""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, text_enum


class VersionFileKind(StrEnum):
    """Purpose of a file."""

    #: The arrays of the Keras network, from which training continues.
    KERAS = "keras"
    #: The network as a `.keras` file, for other programs.
    KERAS_MODEL = "keras_model"
    #: The file that predicts.
    LITERT = "litert"
    LITERT_INT8 = "litert_int8"
    ONNX = "onnx"
    #: Of versions from before 3.0 of the detector: a box correction, no longer used.
    CORRECTION = "correction"
    #: The file of a classifier that was trained elsewhere, as it came.
    IMPORTED = "imported"
    CARD = "card"


class VersionFile(Base):
    """One file, stored by the SHA-256 of its bytes."""

    __tablename__ = "version_file"
    __table_args__ = (UniqueConstraint("classifier_version_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    classifier_version_id: Mapped[int] = mapped_column(
        ForeignKey("classifier_version.id", ondelete="CASCADE")
    )
    kind: Mapped[VersionFileKind] = mapped_column(text_enum(VersionFileKind))
    name: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
