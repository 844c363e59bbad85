"""Parts of the page Quiz."""
