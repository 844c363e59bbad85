"""HEIC, the photos of iPhones: importing this module teaches Pillow to read and write them (pillow-heif)."""

import pillow_heif

pillow_heif.register_heif_opener(thumbnails=False)
