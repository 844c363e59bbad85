"""Prediction for many photos: read, predicted and written a batch at a time."""
