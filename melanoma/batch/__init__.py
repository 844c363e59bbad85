"""Many images: read, predicted and written a few at a time."""
