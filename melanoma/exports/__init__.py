"""What is taken away: a case with its map as a report, an overlay, numbers."""
