"""What a backend is, told by what it was seen to answer: operations, sessions, resources."""
