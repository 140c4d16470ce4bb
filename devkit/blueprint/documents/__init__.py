"""An OpenAPI document that somebody else wrote becomes a blueprint (YOUR-BACKEND.md, "From an OpenAPI document")."""
