"""GrowthGenius: the prospecting side."""
