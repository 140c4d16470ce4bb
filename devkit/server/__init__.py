"""The HTTP adapter: what comes in over the network becomes a call of a service, and its answer goes back out."""
