"""The HTTP face: one module a subject, output models above its routes."""
