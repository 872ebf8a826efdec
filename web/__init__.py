"""The Flask front end and the command line."""
