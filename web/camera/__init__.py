"""The browser's camera, looked at as it runs."""
