"""The reading path: a session in, a frame out, its columns named in a constant."""
