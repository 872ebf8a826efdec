"""Datasets: frozen from decisions, split by group, read by training and by evaluation."""
