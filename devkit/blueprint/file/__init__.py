"""A `backend.yaml`: somebody's own backend in a few lines (`docs/your-backend.md`), read as strictly as scenarios."""
