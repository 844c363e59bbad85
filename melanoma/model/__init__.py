"""The network: backbones, bundle on disk, classifier, calibration, in-distribution check."""
