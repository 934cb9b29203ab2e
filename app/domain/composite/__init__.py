"""The composite index: one module a step of the OECD/JRC Handbook on Constructing Composite Indicators."""
