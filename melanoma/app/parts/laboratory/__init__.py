"""Laboratory: plant a shortcut, fit a head to it, catch it, mend it."""
