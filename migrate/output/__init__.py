"""What is written and read back: a conversion's folder, its report, its formats."""
