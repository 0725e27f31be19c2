"""growthsync as a service of the machine: units of systemd, and a container, from one description of what it needs."""
