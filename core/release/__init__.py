"""The offline trainer of the classifier that ships: folders of pictures in, a classifier and its card out.

In reading order:

- `pipeline`: the whole training, step by step; `__main__` is its command line.
- `pictures`: the pictures of a training folder, grouped and split.
- `voc`: photos with Pascal VOC annotations.
- `prepare`: detects faces and cuts canvases.
- `cutting`: labelled canvases of one picture.
- `fitting`: fits the network, and a narrow one from a wide one.
- `metrics`: the metrics on the card.
- `card`: the folder of the classifier, and its card.
- `baseline`: the recipe of tutorials, for comparison.
"""
