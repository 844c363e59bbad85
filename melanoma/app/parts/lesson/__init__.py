"""The lesson's steps, one module a step or two: text on the left, pictures on the right."""
