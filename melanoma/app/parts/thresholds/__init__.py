"""Parts of the page Thresholds."""
