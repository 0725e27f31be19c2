"""The door for GrowthHub's events: who is let in, what is kept of it, and whom it wakes.

An event is a hint where to look. What it shows is neither believed nor kept, and polling sees everything it tells.
"""
