"""The one HTTP adapter: from bytes to operations and back. Nothing here knows what an operation means."""
