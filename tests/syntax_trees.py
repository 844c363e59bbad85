"""Python source as syntax trees, parsed once for all tests that read the project's code."""

import ast
import functools
from pathlib import Path


def nodes_in(file: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a file's syntax tree, the outer before the inner."""
    return nodes_of(file.read_text(encoding="utf-8"))


@functools.cache
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """Return all nodes of Python source, the module first, the outer before the inner."""
    return tuple(ast.walk(ast.parse(source)))
