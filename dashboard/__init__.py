"""The pages: state from the address, a query, a pure figure, a layout."""
