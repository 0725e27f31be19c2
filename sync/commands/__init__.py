"""The commands of `sync`, a module each. They import what they need when they run: `sync --help` runs none of them."""
