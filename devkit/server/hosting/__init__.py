"""What holds a server together: the listener and its certificate, the sandboxes, start and drained stop."""
