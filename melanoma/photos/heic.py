"""HEIC, the format of iPhone photos: importing this module registers pillow-heif with Pillow."""

import pillow_heif

pillow_heif.register_heif_opener(thumbnails=False)
