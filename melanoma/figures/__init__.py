"""Every Plotly figure, in one style. Words come from the caller."""
