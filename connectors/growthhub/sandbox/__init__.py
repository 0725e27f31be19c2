"""The sandbox of GrowthHub: its documented API on loopback."""
