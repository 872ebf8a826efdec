"""A sentence for every code by which a listing refuses an entry before it is read."""

_MESSAGES = {
    "archive_damaged": "The archive, or this file in it, is cut off or damaged.",
    "archive_duplicate": "The archive holds two files of this name; the first one counts.",
    "archive_encrypted": "The file is encrypted; unpack it with its password and submit the photos.",
    "archive_link": "The archive holds a link here, not a photo.",
    "archive_method_not_supported": "The file is packed by a method that is not read; use plain zip.",
    "archive_nested": "An archive inside an archive is not opened; submit it by itself.",
    "archive_overlapping": "Files of the archive share the same bytes, as in a zip bomb.",
    "archive_path_outside": "The file's path leads out of the archive.",
    "archive_too_large": "The file unpacks to more than is allowed.",
    "archive_too_many_members": "The archive holds more files than is allowed.",
    "empty_file": "The file is empty.",
    "file_gone": "The file is no longer there.",
    "file_is_not_regular": "This is a device, pipe or socket, not a file.",
    "file_unreadable": "The service may not read this file.",
    "folder_unreadable": "The service may not look into this folder.",
    "not_an_archive": "The file is no zip archive, whatever its name says.",
    "symlink_outside_root": "The link leads out of the folder and is not followed.",
}


def refusal_message(code: str) -> str:
    """The sentence for a code; KeyError for one that no listing gives."""
    return _MESSAGES[code]
