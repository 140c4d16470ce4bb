"""The real backend: how it is reached, and what is changed on the way to it and back. No server of ours in here."""
