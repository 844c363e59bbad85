"""The audit of labelled photos: unusable files, duplicates, leaks, shortcuts and doubtful labels."""
