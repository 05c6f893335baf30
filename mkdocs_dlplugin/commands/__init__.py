"""Commands: what the terminal offers, one module each; a command returns its answer, and `__main__` prints it."""
