"""Reviewing: lease the items of a queue to browser tabs and save what reviewers decide.

- `action`: a reviewer's tab, and one action as the browser sends it.
- `exchange`: one request of a tab: apply its actions, lease it the next faces.
- `leases`: claim, renew and return items.
- `answering`: apply actions to locked items.
- `store`: write decisions, review slots and counters.
- `outside_decisions`: decisions and box edits made outside the queue.
- `settling`: a lead's decision ends a conflict.
- `one_face`: one decision about one face.
- `queries`: read items as a reviewer sees them.

All but `action` take the session: an exchange locks, claims and writes the same rows in one transaction, of
which `leases`, `answering`, `outside_decisions` and `settling` each hold one part.
"""
