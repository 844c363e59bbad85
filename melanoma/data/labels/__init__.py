"""Reads tables: labels for training and evaluation, listings for the audit, paths for predict."""
