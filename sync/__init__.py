"""What to do and when: the engine, and the faces that people use."""
