"""The tutorial that this project began with, repeated as its readers run it, and then honestly."""
