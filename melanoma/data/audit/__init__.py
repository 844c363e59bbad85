"""What is wrong with a set of labelled photos: files, copies, leaks, shortcuts and doubtful labels."""
