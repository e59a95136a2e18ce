"""What a ChatKit integration, anyone's, is made of, as reached from the running app."""
