"""Explain what a small CNN sees in a dermoscopic photo of a skin lesion."""

__version__ = "0.1.0"
