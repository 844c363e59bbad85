"""Photos: files to RGB pixels. The only package that decodes untrusted files."""
