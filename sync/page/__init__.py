"""The status page of the daemon, with its API, metrics and health checks, over HTTP.

Rules kept here:
- everything shown is read from the state file through read-only connections, each for a limited time;
- every decision of a user goes through the code of the commands;
- no URL holds personal data: contacts are searched by POST, and shown under numbers and random names;
- each response forbids what the pages never need: scripts, frames, other sites, copies on a disk.
"""
