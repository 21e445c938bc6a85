"""What the source of a script tells, without running it: names, live code, its release."""
