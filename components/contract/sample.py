"""The sample request that model.py gives as a literal: `SAMPLE = {"instances": [...]}`."""

from __future__ import annotations

import ast
import json
from typing import Any

from ..errors import ConfigurationError, Problem

NAME = "SAMPLE"
_REMEDY = (
    f'write `{NAME} = {{"instances": [...]}}` once at the top level of the module, with values '
    "that JSON has too: lists, numbers, strings, True, False, None, dictionaries by string"
)


def sample_of(source: str, where: str) -> dict[str, Any]:
    """The request that a module's text has as `SAMPLE`; nothing of the module runs.

    Args:
        source: The module's text.
        where: What to call the module in an error.

    Returns:
        The request, or `{}` where the module has none.

    Raises:
        ConfigurationError: The text is no Python, or SAMPLE is no literal, no request with a list
            of at least one instance, or nothing that JSON holds as it is.
    """
    try:
        module = ast.parse(source, where)
    except (SyntaxError, ValueError) as error:
        raise _refused(where, str(error), "it has to be Python", "correct it") from error
    if not (bindings := [node for node in _module_level(module) if _binds(node)]):
        return {}
    if len(bindings) > 1:
        lines = ", ".join(str(node.lineno) for node in bindings)
        raise _refused(NAME, f"assigned in lines {lines}", "it has one value", _REMEDY)
    (binding,) = bindings
    shown = ast.unparse(binding)[:100]
    value = binding.value if isinstance(binding, ast.Assign | ast.AnnAssign) else None
    plain = binding in module.body and not _is_unpacked(binding)
    try:
        if value is None or not plain:
            raise ValueError
        found = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        rule = "it has to be a literal, because it is read without running the module"
        raise _refused(NAME, f"{shown!r} in line {binding.lineno}", rule, _REMEDY) from error
    return _checked(found, shown)


def _checked(found: Any, shown: str) -> dict[str, Any]:
    instances = found.get("instances") if isinstance(found, dict) else None
    if not isinstance(instances, list) or not instances:
        rule = "it has to be a request, whose `instances` are a list of at least one"
        raise _refused(NAME, repr(shown), rule, _REMEDY)
    try:
        if json.loads(json.dumps(found, allow_nan=False)) == found:
            request: dict[str, Any] = found
            return request
        reason = "it differs from what was sent as JSON"
    except (TypeError, ValueError, RecursionError) as error:
        reason = str(error)
    rule = f"JSON has to hold it as it is ({reason})"
    raise _refused(NAME, repr(shown), rule, _REMEDY)


def _module_level(module: ast.Module) -> list[ast.stmt]:
    """The statements that run when the module is imported, in the order of the text."""
    found: list[ast.stmt] = []
    left: list[ast.AST] = list(reversed(module.body))
    while left:
        node = left.pop()
        if isinstance(node, ast.stmt):
            found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            left += reversed(list(ast.iter_child_nodes(node)))
    return found


def _binds(statement: ast.stmt) -> bool:
    """Whether a statement itself gives the name a value."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return statement.name == NAME
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return any((alias.asname or alias.name) == NAME for alias in statement.names)
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return False
    nodes: list[ast.AST] = [
        child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)
    ]
    return any(
        isinstance(node, ast.Name) and node.id == NAME and isinstance(node.ctx, ast.Store)
        for child in nodes
        for node in ast.walk(child)
        if not isinstance(child, ast.ExceptHandler | ast.match_case)
    )


def _is_unpacked(binding: ast.stmt) -> bool:
    targets = binding.targets if isinstance(binding, ast.Assign) else []
    return any(not isinstance(target, ast.Name) for target in targets)


def _refused(subject: str, value: str, rule: str, remedy: str) -> ConfigurationError:
    where = subject if subject != NAME else f"{NAME} of model.py"
    return ConfigurationError([Problem(subject=where, value=value, rule=rule, remedy=remedy)])
