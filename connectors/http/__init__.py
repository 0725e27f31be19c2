"""HTTP for every connector: one client with retries, rate limits, redaction and a strict reader of responses."""
