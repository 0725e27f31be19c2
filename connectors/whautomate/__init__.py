"""Whautomate: a WhatsApp platform. Its API lists everything, and shows no change by its time."""
