"""The formats of exports, one module each; `registry` lists them."""
