"""The sandbox of GrowthGenius: its documented API on loopback."""
