"""What to do and when: the engine, and the faces that people use."""

__version__ = "0.2.0"
