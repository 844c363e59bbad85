"""Pieces of the page Model."""
