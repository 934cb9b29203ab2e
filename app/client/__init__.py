"""A client of the API for scripts and notebooks; it imports nothing of the server."""
