"""Figures, as PNG and SVG, with the same bytes each time they are drawn."""
