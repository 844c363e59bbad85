"""Exports: a case as an HTML report, an overlay picture, numbers."""
