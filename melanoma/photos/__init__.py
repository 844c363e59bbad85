"""Photos: files to RGB pixels. The only package that decodes what a stranger sent."""
