"""What if: sliders that change the photo, and the lesion designer."""
