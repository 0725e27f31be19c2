"""Being told: a program of the user's that hears what a person should know, once each."""
