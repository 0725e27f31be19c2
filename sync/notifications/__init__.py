"""Notifications: pass each event that a user should know to the command under `[notify]`, once."""
