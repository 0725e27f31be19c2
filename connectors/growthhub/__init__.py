"""GrowthHub: the LeadConnector API 2.0."""
