"""The main job: list the input, find and classify faces, keep what was found."""
