"""Where faults meet bytes: which of them strike an exchange, and how a connection is really broken."""
