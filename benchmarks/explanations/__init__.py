"""Explanations: how fast, how large in memory, and how faithful; beside other libraries."""
