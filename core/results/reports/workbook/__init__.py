"""report.xlsx: a workbook with the sheets summary, groups, photos and faces.

- cells: a value in a cell of its own type
- table: rows under a header, on as many sheets as they need
- summary: the first sheet
- groups: the second sheet
- writer: the file, in constant memory
"""
