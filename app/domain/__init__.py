"""Pure rules of the field: standard library, numpy and pandas only."""
