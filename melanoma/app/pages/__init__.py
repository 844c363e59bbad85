"""One module a page: a short script over the parts."""
