"""What people, and imported sets, decided about faces.

- `decisions`: the rows of decisions, and which of them counts.
- `shown_label`: the label that a report or a page shows.
- `label_words`: other data sets' words for the labels.
"""
