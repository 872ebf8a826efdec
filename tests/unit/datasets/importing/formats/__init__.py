"""Tests of the formats of labelled sets."""
