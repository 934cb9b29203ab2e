"""People and what they sign in with: reads and writes of accounts, sign-ins, tokens, and the limits on asking."""
