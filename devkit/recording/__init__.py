"""What passed between a client and a backend: written down, read, and played again."""
