"""The program: figures with their history, the queries that read them, and the API that serves them."""
