"""Labels of faces: what people and imported sets decided, and how labels are shown and named.

- `decisions`: add and undo decisions, and read which one counts.
- `contested`: faces about which two people disagree.
- `shown_label`: a prediction as a report or a page shows it.
- `final_label`: the predicted, the decided and the final label of a face.
- `label_columns`: the same three labels as SQL expressions.
- `label_words`: what the words of other data sets mean.
- `annotation`: what an annotation file says about a photo, in any format.
- `voc`, `lenient_xml`: read Pascal VOC annotations in any encoding.
- `text_encoding`: tells the encoding of other text.
"""
