"""The ways to break: one small module per kind or tight family. A fault knows operations and events, never a URL, and
nothing of the services; services know nothing of it.
"""
