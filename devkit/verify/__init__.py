"""A running backend, measured against a contract from the outside, as a browser would meet it."""
