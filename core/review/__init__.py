"""Review: choose the faces most worth a decision, lease them to reviewers, save decisions, measure agreement.

- `options`: the options of a queue.
- `job_kind`: the jobs that fill queues and measure agreement.
- `queues/`: choose, rank and stack the faces of a queue.
- `label_errors`: find decided labels that are likely wrong.
- `answers/`: lease items to browser tabs and apply the actions of reviewers.
- `decision_lines`: decisions as JSON lines; `line_import` reads them.
- `agreement/`: kappas, conflicts and the metrics of each reviewer.
- `hidden_guess`: when the classifier's prediction may be shown.
- `guide`: the labelling guide.
- `queries`: read flags, gold faces, the history of a face, and the guide.
- `store`: write flags, gold faces, measured agreement, and the guide.
- `extra`: the error raised without the optional packages.
"""
