"""The event hub: topics, bounded queues, replay. Knows neither HTTP nor WebSocket."""
