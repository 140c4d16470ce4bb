"""The HTTP adapter: it joins contract, services and sandboxes, and is the only part that serves with aiohttp."""
