"""The formats in which labelled sets come: each is read into the same records.

In reading order:

- `record`: what a set says about one photo, and a count of what cannot be read.
- `set_files`: the files of a set besides its photos, as streams.
- `fields`, `json_stream`, `table`: read values, JSON of any size, and rows of CSV.
- `coco`, `label_studio`, `cvat`, `createml`, `csv_boxes`, `image_folder`, `wider_face`: of many photos.
- `run_lengths`: masks of COCO as boxes.
- `yolo`, `webdataset`: a file a photo.
- `split_lists`: lists of the photos of each split.
- `recognise`: the format of a set.
- `records`: keeps records on disk, by the path of the photo.
- `opening`: opens a set in its format.
"""
