"""Find and classify the faces of one photo, without TensorFlow.

In reading order:

- `photo`: a decoded photo, and the limits that its file must keep.
- `face`: boxes, found and classified faces, overlap of boxes.
- `signature`: the format and declared size of a file, from its bytes.
- `pixels`: pixels of any Pillow mode as upright 8-bit RGB.
- `decode`: a photo's file to upright RGB; every bad file a clear error.
- `options`: what a caller may choose.
- `weights`: files that others trained: where they come from, how they are checked.
- `yunet`: the face detector, one pass over one picture.
- `region`: parts of a photo, and the tiles that a pass is cut into.
- `finder`: several passes at rising scales, merged into one list of candidates.
- `card`: `card.json` of a classifier.
- `crop`: the square around a face that the classifier gets.
- `classifier`: crops to label probabilities and to features.
- `grid`: pixels to patches and outputs to boxes, for a one-pass detector of our own.
- `detector_card`: `detector.json` of a one-pass detector.
- `one_pass`: a one-pass detector on LiteRT.
- `face_detector`: what every face detector gives, and which one is in use.
- `detector`: all of it in one class; most callers need only this one.
"""
