"""The lesion in a photo: outline, hair removal, and the figures of the ABCD rule."""
