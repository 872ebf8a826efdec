"""The camera page: live detection of faces in the browser's camera."""
