"""What the daemon serves over HTTP: applications on addresses of this machine, in threads beside the runs."""
