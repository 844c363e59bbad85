"""The lesion in a photo: its outline, what hides it, and the figures of the ABCD rule."""
