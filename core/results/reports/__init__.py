"""Report files of a job: CSV, JSON lines, Parquet, XLSX, one HTML page, and a zip of annotated photos.

- rows: the data of a report: the job, its files and their faces
- queries: read the rows from the database, slice by slice
- shares_view: raw and corrected shares of the job and its groups, for the files that show them
- summary: counts and distributions, computed while the rows stream by
- report_file: write a file atomically
- write: write one format, and check the counts against the job
- csv_files, json_lines, parquet: the tables
- workbook: the same tables and a summary for spreadsheets
- html_page, charts, thumbnails: the page
- annotated_zip, annotation: photos with boxes drawn in
- evidence_zip: a signed pack of the files above, hashes of the photos and the audit
- request, store: request a file, and save its progress and result
"""
