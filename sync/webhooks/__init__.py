"""Receive webhooks: verify each event, queue a hint, and wake the streams that want it.

An event is a hint which record to read. The values in it are neither believed nor kept, and polling finds every change
that it reports.
"""
