"""Pages written by the server: the index and a city's place in it, sign-in, account, submit, review, status, receipt.

They work without any script, by keyboard and with a screen reader; a script only makes waiting pleasanter.
"""
