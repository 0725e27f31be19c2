"""The commands of `sync`, one module each. A command imports what it needs when it runs, so that `sync` starts fast."""
