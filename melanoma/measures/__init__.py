"""How good an explanation is: figures of a heatmap, each with its meaning and direction. Knows no method."""
