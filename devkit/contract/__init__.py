"""What the backend promises, as pure data: operations, entities, errors, events. No I/O, and nothing of HTTP."""
