"""Trainings: the list, the form that asks for one, and the curves of one."""
