"""How to speak to each system: one folder per system, with its client, its mapping and its sandbox."""
