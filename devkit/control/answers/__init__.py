"""What control operations answer with, as types: the OpenAPI document is made of them, and clients' types of that.

Nothing is made with these types: handlers write plain JSON, and tests/control/test_document.py holds what they really
answer against them. They are loaded when the document is asked for.
"""
