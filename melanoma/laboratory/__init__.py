"""The laboratory: a shortcut planted in photos, a head fitted to them in a moment, and what gives it away.

A head is the last, linear layer of a classifier. Here it is fitted anew, on feature maps of a network that
stays as it is, to tell melanoma from mole where a ruler, ink, dark corners or a colour cast go with one of
them. So it is known what the head may wrongly use, and accuracies and maps can be held against that.
"""
