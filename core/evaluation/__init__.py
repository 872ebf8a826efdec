"""How good a classifier version is: figures from probabilities and labels, and two versions side by side."""
