"""Licences and creators of photos, as every export names them."""
