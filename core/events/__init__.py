"""Events that programs are told of by webhooks; the lowest topic, so that every other may write one.

- outbox: write an event in the transaction of the change that it tells of
"""
