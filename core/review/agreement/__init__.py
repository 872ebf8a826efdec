"""Agreement of reviewers.

- `kappas`: kappas and alpha over blind second decisions.
- `queries`: read second decisions, conflicts and the metrics of each reviewer.
"""
