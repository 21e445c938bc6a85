"""What several tests use: recorded results, small layers, checkpoints, processes."""
