"""A lesson for a class: the quiz on thirty phones, a study of its readers, and plans of 45 minutes."""
