"""The stream of messages: facts, each with one original and at most one copy on the other side."""
