"""Whautomate: a WhatsApp platform whose API lists everything, and shows no change by its time."""
