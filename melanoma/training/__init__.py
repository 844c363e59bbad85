"""Training: recipes, the loop and its workers, checkpoints, export of a bundle, and recalibration."""
