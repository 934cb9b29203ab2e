"""Charts as SVG that stands for itself: the same drawing in the page, as a file and as a picture."""
