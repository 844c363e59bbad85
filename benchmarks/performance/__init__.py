"""One table of what this project costs: now, before, and beside other libraries."""
