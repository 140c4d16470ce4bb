"""OpenAPI documents, from the dialects' tables."""
