"""One module per kind of value: how the dirt of the APIs is cleaned, and when two values are the same."""
