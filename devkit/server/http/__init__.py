"""From bytes to a request, from there to an operation, and back: the way that every call goes."""
