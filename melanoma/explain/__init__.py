"""Heatmaps that show which regions speak for a diagnosis: one small module a method."""
