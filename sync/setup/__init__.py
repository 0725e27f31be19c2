"""How a config file comes about by asking: questions, answers as a file, secrets beside it."""
