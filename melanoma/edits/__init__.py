"""What can be done to a photo: other surroundings, masks, artefacts, perturbations, drawn lesions."""
