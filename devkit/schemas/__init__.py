"""JSON Schema (draft 2020-12): values checked against it, and values made from it. Knows no contract."""
