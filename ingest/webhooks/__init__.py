"""Publications told to other programs by signed messages, with a log of every try."""
