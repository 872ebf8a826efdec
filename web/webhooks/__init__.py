"""Pages of webhooks.

- forms: address and events of a webhook
- views: all webhooks, one with the log of its deliveries, and what can be done with it
"""
