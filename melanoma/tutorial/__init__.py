"""A widely copied tutorial repeated: as its readers run it, and with true labels and a split by lesion."""
