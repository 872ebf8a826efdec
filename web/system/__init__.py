"""The System page: what an operator asks of a running service."""
