"""The live process: it looks at single photos and at the frames of cameras, at once and without a job."""
