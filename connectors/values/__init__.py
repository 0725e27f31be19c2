"""One module per kind of value: how dirty input is cleaned, and when two values are the same."""
