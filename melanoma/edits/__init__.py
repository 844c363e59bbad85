"""Edited and drawn photos: other surroundings, masking, artefacts, perturbations, drawn lesions."""
