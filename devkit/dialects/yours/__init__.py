"""A contract of a user's own: how it is spelled."""
