"""How far reviewers agree.

- `kappas`: kappas and alpha of blind second decisions.
- `queries`: second decisions, conflicts, metrics of each reviewer.
- `store`: the measured agreement.
"""
