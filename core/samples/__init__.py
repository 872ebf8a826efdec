"""Sample photos, made from one portrait in the public domain.

In reading order:

- `making`: make the folder of samples and `expected.json`; `python -m core.samples FOLDER` calls it.
- `scene`: drawn backgrounds with people in front.
- `portrait`: the person, cut out of the portrait.
- `drawn_mask`: draw a mask on a face; `mask_shape` gives its outline, `mask_fabric` its colours and folds.
- `drawn_cover`: draw a scarf or a hand on a face.
- `encoding`: write a picture in any format.
"""
