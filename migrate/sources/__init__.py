"""What people have: everything that maps a v1 name to an array."""
