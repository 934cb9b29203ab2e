"""A frame in, bytes out: one module a format."""
