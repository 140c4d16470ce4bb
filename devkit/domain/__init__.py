"""The services that keep the promise: one per area, plain async Python that knows neither HTTP nor faults.

A method that keeps an operation takes the `Caller` and the operation's input, and returns its result or raises a
`DomainError`.
"""
