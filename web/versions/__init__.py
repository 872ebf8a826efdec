"""Pages of classifier versions.

In reading order:

- `views`: the list of versions with the history of the champion, one version, and its files.
- `actions`: evaluate, promote, roll back, and correct the label of a face.
- `evaluations`: an evaluation, its wrong predictions, and two versions compared.
- `charts`: the charts of an evaluation as SVG coordinates.
- `importing`: the form that imports a classifier that was trained elsewhere.
- `leaving`: a version as a zip, and the formats that it lacks.
- `job_panel`, `import_panel`: the pages of an evaluate job and of an import.
"""
