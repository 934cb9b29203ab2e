"""The line of a key in a job file, so that a mistake can be found at once."""

from __future__ import annotations

import re

import yaml

Keys = tuple[int | str, ...]
_HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"""^\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*=""")


def line_of(text: str, keys: Keys, *, is_yaml: bool) -> int:
    """The line of the key, or of the nearest part around it; 1 when nothing of it stands there."""
    for length in range(len(keys), 0, -1):
        line = (_yaml_line if is_yaml else _toml_line)(text, [str(key) for key in keys[:length]])
        if line is not None:
            return line
    return 1


def _toml_line(text: str, keys: list[str]) -> int | None:
    """A key stands under its table's header, dotted keys and headers count as written."""
    wanted = ".".join(keys)
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header.group(1).replace('"', "")
            # `[figures.source]` is the first sign of `figures` where that has no header of its own.
            if table == wanted or table.startswith(wanted + "."):
                return number
        elif key := _KEY.match(line):
            name = next(group for group in key.groups() if group is not None)
            if wanted == (f"{table}.{name}" if table else name):
                return number
    return None


def _yaml_line(text: str, keys: list[str]) -> int | None:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = None
    for key in keys:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((name, value) for name, value in pairs if name.value == key), None)
        if found is None:
            return None
        line, node = found[0].start_mark.line + 1, found[1]
    return line
