"""Tokens that change: how an account gets them (OAuth), keeps them encrypted, and renews them while it works."""
