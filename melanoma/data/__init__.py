"""Data: reading labels, splitting by lesion, decoding and augmenting batches, auditing a data set."""
