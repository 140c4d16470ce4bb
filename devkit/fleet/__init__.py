"""Many servers behind one proxy of somebody else's: where a sandbox lives, and what the proxy has to be told."""
