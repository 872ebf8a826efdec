"""Sources of pictures, one file each; `registry` lists them."""
