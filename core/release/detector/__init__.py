"""The offline trainer of a one-pass face detector: folders of pictures in, a detector and its card out.

In reading order:

- `pipeline`: the whole training, step by step; `__main__` is its command line.
- `scenes`: which pictures there are, and what people and teachers say of them.
- `teachers`: what YuNet and the classifier see on every picture.
- `prepare`, `scene_store`: scenes decoded and split by near-duplicates, on disk.
- `mosaics`: parts of scenes at random scales, as batches.
- `network`: patches in; scores, boxes and labels on three grids out.
- `assignment`: which cells answer for which face.
- `losses`: what a step minimises.
- `fit`: steps, checkpoints, log.
- `evaluate`: AP and recall on held-back photos.
- `export`: the 8-bit file and its card.
- `comparison`: a detector beside YuNet on photos that people boxed.
"""
