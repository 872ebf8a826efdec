"""The offline trainers of face detectors: folders of pictures in, a detector and its card out.

In reading order:

- `tuning`: YuNet itself, fine-tuned.
- `pipeline`: the whole training of a one-pass detector, step by step; `__main__` is its command line.
- `scenes`: which pictures there are, and what people and teachers say of them.
- `teachers`: what YuNet and the classifier see on every picture.
- `prepare`: scenes decoded and split by near-duplicates, on disk.
- `network`: patches in; scores, boxes and labels on three grids out.
- `losses`: what a step minimises; `learner` is what `core.training.detector.fit` fits.
- `evaluate`: AP and recall on held-back photos.
- `export`: the 8-bit file and its card.
- `comparison`: a detector beside YuNet on photos that people boxed.
"""
