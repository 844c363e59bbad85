"""How good is a model: metrics with intervals, calibration, thresholds."""
