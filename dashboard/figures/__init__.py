"""Figures: a frame, words and a theme in, a go.Figure out. Nothing here fetches."""
