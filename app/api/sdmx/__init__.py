"""The same figures as SDMX REST serves them: the paths of 2.1 (API 1.5) and of 3.0 (API 2.x)."""
