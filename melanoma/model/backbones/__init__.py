"""Backbones: from pixels to the last feature map, one file each; `registry` lists them."""
