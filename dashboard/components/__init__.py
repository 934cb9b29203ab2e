"""Components: values in, Dash components out. Nothing here fetches."""
