"""A Whautomate on loopback, for the demo and the tests."""
