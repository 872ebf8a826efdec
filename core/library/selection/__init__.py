"""Any selection of the library's photos, for pages, jobs, removals and exports alike.

- model: the selection: chosen photos, or filters by job, label, name, source and date
- conditions: the selection as SQL
- queries: pages, slices and numbers of selected photos, and the choices of the filters
"""
