"""Names that every network's layers go by."""

FEATURES = "features"
"""The last feature map, from which the evidence is computed."""
POOLING = "pooling"
"""With this layer the evidence of the cells adds up to the logit; without it there is no evidence map."""
HEAD = "logits"
