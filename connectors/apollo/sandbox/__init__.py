"""An Apollo that runs on loopback."""
