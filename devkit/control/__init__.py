"""Steering a running server: the control API, and what finds and calls it."""
