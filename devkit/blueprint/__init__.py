"""What a user's file or OpenAPI document says of their backend, read and understood, before it is served."""
