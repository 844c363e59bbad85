"""How a network is fitted: the loop, its workers, and what a run leaves on disk."""
