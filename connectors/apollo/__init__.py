"""The connector of Apollo."""
