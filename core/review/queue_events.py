"""Names of what a review job's log tells of its queue."""

#: How its likely label errors were found.
LABEL_ERRORS_JUDGED = "label_errors_judged"
