"""Pages: each has PATH, TITLE, a layout and its callback."""
