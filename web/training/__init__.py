"""Pages of trainings: the list, the request form, and the panels of a training job."""
