"""YAML for files that people read on: written by the library, in the order that was given."""

from __future__ import annotations

from typing import Any


def dumped(value: Any) -> str:
    import yaml

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return yaml.dump(value, Dumper=Plain, sort_keys=False, width=1000)
