"""What the source of a script tells: names, code that can run, its release."""
