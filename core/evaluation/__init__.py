"""Evaluation: metrics of a classifier version on test faces, and comparison of two versions.

In reading order:

- `job_kind`: the job that evaluates versions, and its options.
- `confusion`: scored faces, their confusion matrix, and accuracy, precision, recall and F1.
- `intervals`: 95% bootstrap intervals.
- `curves`: precision-recall curves and reliability.
- `slices`: parts of a test set with metrics of their own, such as small or blurred faces.
- `metrics`: all metrics of one evaluation.
- `average_precision`: AP of boxes, for detectors.
- `comparison`: McNemar's test and the gate for two versions.
- `queries`: reads evaluations, predictions, and wrong or changed faces; compares two stored versions.
- `store`: writes evaluations, and promotes through the gate.
"""
