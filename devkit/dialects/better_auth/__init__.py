"""What Better Auth's client says, and what its server answers."""
