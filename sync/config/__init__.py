"""What the user has set: the config file, checked, with errors that name key, place and what is allowed."""
