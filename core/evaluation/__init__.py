"""Evaluation: the metrics of a classifier version on test faces, and two versions compared.

In reading order:

- `request`: the job that measures versions.
- `confusion`: scored faces, their confusion matrix, and accuracy, precision, recall and F1.
- `intervals`: 95% bootstrap intervals.
- `curves`: precision-recall curves and reliability.
- `slices`: parts of a test set that are measured by themselves.
- `metrics`: all metrics of one evaluation.
- `comparison`: McNemar's test and the gate on two versions.
- `queries`, `store`: read and write evaluations and predictions.
"""
