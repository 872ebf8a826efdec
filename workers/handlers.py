"""Which function does which kind of batch."""

from models import BatchKind
from workers.engine import Handler
from workers.freezing import freeze_dataset
from workers.predict import list_photos, predict_photos
from workers.reports import write_report_file

HANDLERS: dict[BatchKind, Handler] = {
    BatchKind.LIST: list_photos,
    BatchKind.PREDICT: predict_photos,
    BatchKind.REPORT: write_report_file,
    BatchKind.FREEZE: freeze_dataset,
}
