"""From pixels to a probability, step by step: what the lesson shows, with the numbers of the prediction."""
