"""Pages of datasets, and the page that takes a labelled set in."""
