"""Batch prediction on a Ray cluster."""
