"""Report files of a job: CSV, JSON lines, Parquet, one HTML page, and a zip of annotated photos.

- rows: what a report is made from: the job, its files and their faces
- queries: rows read from the database, slice by slice
- summary: sums and spreads counted while the rows stream by
- report_file: a file that gets its name whole or not at all
- write: write one format, and check the sums against the job
- csv_files, json_lines, parquet: the tables
- html_page, charts, thumbnails: the page
- annotated_zip, annotation: photos with boxes drawn in
- request, store: ask for a file, and note that it is there
"""
