"""WebSockets: from the handshake to the end, frame by frame."""
