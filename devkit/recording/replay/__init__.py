"""A recording, played again: what is asked is found in it, and answered as it was."""
