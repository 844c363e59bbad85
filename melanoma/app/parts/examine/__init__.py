"""Pieces of the page Examine."""
