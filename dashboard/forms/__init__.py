"""Pages with forms: sign-in, account, users, submit, review, status, receipt.

Written by the server, they work without any script, by keyboard and with a screen reader; a script only makes waiting
pleasanter.
"""
