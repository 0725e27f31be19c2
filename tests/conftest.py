"""What all tests share. Machines differ in speed, so no example of Hypothesis has a deadline."""

from hypothesis import settings

settings.register_profile("suite", deadline=None, max_examples=50)
settings.load_profile("suite")
