"""Figures and their structure as SDMX writes them: ML 2.1, JSON 1.0 and 2.x, CSV 2.x. Pure."""
