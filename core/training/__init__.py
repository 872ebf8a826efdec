"""Trainings as jobs: from a dataset to an evaluated classifier version."""
