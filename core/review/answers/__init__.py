"""What reviewers do with the items of a queue.

- `action`: a reviewer and one action, as the browser sends it.
- `leases`: give items to tabs, renew and return them.
- `exchange`: one request of a tab: actions in, next faces out.
- `answering`: apply actions to locked items.
- `store`: decisions of items, further review slots, totals.
- `outside_decisions`: decisions and box edits made outside the queue.
- `queries`: items as a reviewer sees them.
"""
