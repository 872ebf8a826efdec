"""Audit samples: draw faces of a job at random, and estimate from people's blind decisions what is true.

- `strata`: the strata of a sample: predicted label and range of sureness.
- `options`: what an audit asks for.
- `job_kind`: the job that draws a sample, and adds faces to it.
- `population`: the faces of a job, as they were when a sample was drawn.
- `counts`: those faces counted as the input of the estimator.
- `audited`: the drawn faces with their decisions, and which of them count.
- `draw`: choose faces and photos at random, in an order that only the seed decides.
- `store`: write samples and targets.
- `judging`: judge targets as people decide, for webhooks.
- `queries`: read samples, and what they say as the input of `core.estimates`.
- `photo_check`: read the photos in which people box every face.
- `overview`: all that a page or command shows of an audit.
"""
