"""Faults of the server and the network, caused for real while the page runs in a real browser."""
