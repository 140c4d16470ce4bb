"""devkit: the mock backend that behaves like the real one, and fails like the real one."""

__version__ = "0.1.0"
