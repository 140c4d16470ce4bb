"""A running devkit as tools for coding assistants, over the Model Context Protocol. All that they do goes through the
control API's client; only `answering`, `standard` and `web` know the SDK.
"""
