"""Malicious and damaged files: whether the decoder withstands them."""
