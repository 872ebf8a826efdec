"""Croissant 1.0: a table described as JSON-LD, as Kaggle and Hugging Face do; `mlcroissant` reads it."""

from collections.abc import Iterator, Sequence
from typing import Any

_CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
#: Terms that stand for `cr:TERM`.
_TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet"),
    *("format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
    *("references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField"),
    "transform",
)
#: The context of the specification.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}
_TYPES = {float: "sc:Float", int: "sc:Integer", bool: "sc:Boolean", str: "sc:Text"}
#: What columns hold, where their names do not say it.
_MEANINGS = {
    "file": "Path of the picture.",
    "x1": "Left side of the face in pixels of the upright picture; empty for a picture without faces.",
    "y1": "Upper side of the face in pixels.",
    "x2": "Right side of the face in pixels, exclusive.",
    "y2": "Lower side of the face in pixels, exclusive.",
    "label": "with_mask, without_mask, incorrect (mask worn incorrectly) or unlabelled.",
    "decided": "Whether a person gave the label.",
    "confidence": "Probability of a predicted label, from 0 to 1.",
    "score": "Confidence of the face detector, from 0 to 1; 1 for boxes that people drew.",
    "split": "train, validation or test.",
    "all_faces_boxed": "Whether a person said that every face of the picture has a box.",
    "sha256": "SHA-256 of the original photo.",
}

#: The pictures themselves, by the path that the column `file` has.
_PICTURES: dict[str, Any] = {
    "@type": "cr:RecordSet",
    "@id": "pictures",
    "name": "pictures",
    "description": "The pictures.",
    "key": {"@id": "pictures/file"},
    "field": [
        {
            "@type": "cr:Field",
            "@id": f"pictures/{name}",
            "name": name,
            "dataType": kind,
            "source": {"fileSet": {"@id": "images"}, "extract": {"fileProperty": read}},
        }
        for name, kind, read in (
            ("file", "sc:Text", "fullpath"),
            ("content", "sc:ImageObject", "content"),
        )
    ],
}


def describe_table(
    *,
    name: str,
    media_type: str,
    sha256: str,
    columns: Sequence[tuple[str, type]],
    licences: Sequence[str],
    with_pictures: bool,
) -> dict[str, Any]:
    """The description of a table whose column `file` names pictures in `images`."""
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "maskloop-faces",
        "description": "Faces with boxes and labels of masks, exported by Maskloop. "
        "Licence and owner of each photo stand in its rows.",
        "conformsTo": _CONFORMS_TO,
        "version": "1.0.0",
        "distribution": list(_files(name, media_type, sha256, with_pictures)),
        "recordSet": [_faces(name, columns), *([_PICTURES] if with_pictures else [])],
    }
    return described | ({"license": list(licences)} if licences else {})


def _files(name: str, media_type: str, sha256: str, with_pictures: bool) -> Iterator[dict[str, Any]]:
    yield {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": media_type,
        "sha256": sha256,
    }
    if with_pictures:
        yield {
            "@type": "cr:FileSet",
            "@id": "images",
            "name": "images",
            "encodingFormat": ["image/jpeg", "image/png", "image/webp", "image/gif"],
            "includes": "images/*",
        }


def _faces(name: str, columns: Sequence[tuple[str, type]]) -> dict[str, Any]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"faces/{column}",
            "name": column,
            "description": _MEANINGS.get(column, ""),
            "dataType": _TYPES[kind],
            "source": {"fileObject": {"@id": name}, "extract": {"column": column}},
        }
        for column, kind in columns
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": "faces",
        "name": "faces",
        "description": "A row a face, and one without a box for a picture without faces.",
        "field": fields,
    }
