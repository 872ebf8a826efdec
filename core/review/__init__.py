"""Review queues: which faces are worth a person's time, who has which, and how far people agree."""
