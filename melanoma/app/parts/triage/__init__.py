"""Pieces of the page Triage."""
