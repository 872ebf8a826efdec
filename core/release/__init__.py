"""The offline trainer of the classifier that ships: folders of pictures in, a classifier and its card out."""
