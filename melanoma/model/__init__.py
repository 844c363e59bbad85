"""The network: its backbones so far."""
