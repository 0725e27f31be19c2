"""The status page of the daemon, its API, its metrics and its word on its health, over HTTP.

Rules kept here:
- what is shown is read from the state file through connections that can only read, each for a limited time;
- what a person decides goes through the code of the commands, and no other;
- no address holds anybody's data: people are asked for by POST, and shown under numbers and random names;
- each answer forbids what a page of ours never does: scripts, frames, other sites, copies on a disk.
"""
