"""Prediction for photos as they arrive in a folder, with events for alerts and errors."""
