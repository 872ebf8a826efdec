"""Webhooks: programs are told of events by the Standard Webhooks specification.

In reading order:

- endpoint: which addresses are accepted
- signature: secrets, and the headers that prove who sent a message
- post: one attempt to send a message, within its time
- retries: when the next attempt is due
- store: add, change and delete webhooks
- deliveries: claim a delivery, record its attempt, send it again
- queries: what pages and the API show

Events are written by `core.events`, in the transaction of the change that they tell of.
"""
