"""Review queues: choose the faces worth a person's time, give them out, take the answers, measure agreement.

- `options`, `request`: what a queue is made of; requests for the jobs.
- `queues/`: choose, rank and stack the faces of a queue.
- `label_errors`: find decided labels that are likely wrong.
- `answers/`: lease items to browser tabs and apply what reviewers send.
- `agreement/`: kappas, conflicts and the metrics of each reviewer.
- `hidden_guess`: when the classifier's guess may be shown.
- `queries`, `store`: flags, gold labels, the history of a face.
- `extra`: the error where optional packages are missing.
"""
