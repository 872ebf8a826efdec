"""Which class writes which format."""

from core.exports.formats.base import Format
from core.exports.formats.coco import Coco
from core.exports.formats.crops import ClassFolders
from core.exports.formats.parquet import ImageFolder, Parquet
from core.exports.formats.tables import Csv, WiderFace
from core.exports.formats.tf_record import TfRecord
from core.exports.formats.tools import CreateMl, Cvat, LabelStudio
from core.exports.formats.voc import PascalVoc
from core.exports.formats.web_dataset import WebDataset
from core.exports.formats.yolo import Darknet, UltralyticsYolo
from core.exports.options import ExportFormat

FORMATS: dict[ExportFormat, type[Format]] = {
    ExportFormat.VOC: PascalVoc,
    ExportFormat.COCO: Coco,
    ExportFormat.YOLO: UltralyticsYolo,
    ExportFormat.DARKNET: Darknet,
    ExportFormat.LABEL_STUDIO: LabelStudio,
    ExportFormat.CVAT: Cvat,
    ExportFormat.CREATE_ML: CreateMl,
    ExportFormat.CLASS_FOLDERS: ClassFolders,
    ExportFormat.IMAGE_FOLDER: ImageFolder,
    ExportFormat.WIDER_FACE: WiderFace,
    ExportFormat.CSV: Csv,
    ExportFormat.PARQUET: Parquet,
    ExportFormat.WEB_DATASET: WebDataset,
    ExportFormat.TF_RECORD: TfRecord,
}
