"""How fast devkit is, beside other mock servers and as its work grows. See README.md."""
