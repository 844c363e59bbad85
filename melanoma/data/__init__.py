"""From labels and files to batches: one table, one split, one pipeline."""
