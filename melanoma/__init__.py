"""Explain what a small CNN sees in a dermoscopic photo of a skin lesion."""
