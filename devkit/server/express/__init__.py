"""The express lane: what is plain is answered as soon as its bytes arrive."""
