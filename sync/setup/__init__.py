"""Write a config file by asking: the questions, the file, and the secrets beside it."""
