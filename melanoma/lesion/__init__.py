"""The lesion in a photo: outline, the square around it, hair removal, and the figures of the ABCD rule."""
