"""Files that somebody made to do harm, or that a fault has damaged: how the decoder stands them."""
