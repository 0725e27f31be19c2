"""OAuth: get the tokens of an account, keep them encrypted, and renew them while a run works."""
