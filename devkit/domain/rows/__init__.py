"""Rows of a contract of somebody's own: kept, listed, begun with."""
