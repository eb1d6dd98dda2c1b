"""YAML in which a key that is given twice is an error, not the last one's victory."""

from __future__ import annotations

from typing import Any

import yaml


class Strict(yaml.SafeLoader):
    """Plain values only, and every key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping; raises ``ConstructorError`` with the line of a key that is there twice."""
        keys = [one.value for one, _ in node.value]
        twice = next((one for one in keys if keys.count(one) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice!r} is given twice; keep one", node.start_mark
            )
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    """The plain values of a text; raises ``yaml.YAMLError``."""
    return yaml.load(text, Loader=Strict)
