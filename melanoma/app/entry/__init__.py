"""What Streamlit runs. It takes a folder `pages` beside its script for pages of its own kind."""
