"""Circles of modules that import one another, whose order of running is that of a plain import.

Where one module of a circle is used first that a plain import reaches through another, it would
find less in the others than it is written for. So that other one runs before it.
"""

from __future__ import annotations

import dis
import marshal
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType

_Graph = Mapping[str, Sequence[str]]

_HEADER = 16
"""Bytes before the code in bytecode (PEP 552)."""
_IMPORT = bytes([dis.opmap["IMPORT_NAME"]])
_EXTENDED = dis.EXTENDED_ARG
_LOAD_CONST = dis.opmap["LOAD_CONST"]
_OPTIMIZED = 1
"""Flag of the code of functions (inspect.CO_OPTIMIZED)."""


def ahead_in_circles(modules: Mapping[str, Path]) -> dict[str, list[str]]:
    """For each module, given with its bytecode in the order in which they began to run, those of
    its circles that run before it.
    """
    graph = {name: sorted(set(_imported(path, name, modules))) for name, path in modules.items()}
    back: dict[str, list[str]] = {name: [] for name in modules}
    for name, targets in graph.items():
        for target in targets:
            back[target].append(name)
    ahead: dict[str, list[str]] = {name: [] for name in modules}
    work = [list(modules)]
    while work:
        for first, *others in _circles(work.pop(), graph, back):
            for name in others:
                ahead[name].append(first)
            # Without it there may be smaller circles.
            work.append(others)
    return ahead


def _imported(bytecode: Path, module: str, known: Mapping[str, Path]) -> Iterator[str]:
    """The known modules that a module imports when it runs, apart from the packages it is in."""
    above = module.rpartition(".")[0] if bytecode.name.partition(".")[0] != "__init__" else module
    for level, names, name in _imports(marshal.loads(bytecode.read_bytes()[_HEADER:])):  # noqa: S302
        target = name
        if level:
            base = above.split(".")[: 1 - level] if level > 1 else above.split(".")
            target = ".".join([*base, *([name] if name else [])])
        parts = target.split(".")
        found = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
        found |= {f"{target}.{each}" for each in names}
        yield from (
            each for each in found if each in known and not f"{module}.".startswith(f"{each}.")
        )


def _imports(code: CodeType) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Level, names and module of each import statement outside of functions (dis, IMPORT_NAME)."""
    codes, at = code.co_code[::2], -1
    while (at := codes.find(_IMPORT, at + 1)) >= 0:
        names, before = _constant(code, at - _prefixes(code, at) - 1)
        level, _ = _constant(code, before)
        if isinstance(level, int):
            names = names if isinstance(names, tuple) else ()
            yield level, names, code.co_names[_argument(code, at)]
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and not inner.co_flags & _OPTIMIZED:
            yield from _imports(inner)


def _prefixes(code: CodeType, at: int) -> int:
    count = 0
    while at - count > 0 and code.co_code[2 * (at - count - 1)] == _EXTENDED:
        count += 1
    return count


def _argument(code: CodeType, at: int) -> int:
    argument = 0
    for unit in range(at - _prefixes(code, at), at + 1):
        argument = argument << 8 | code.co_code[2 * unit + 1]
    return argument


def _constant(code: CodeType, at: int) -> tuple[object, int]:
    """What an instruction loads, and where the one before it is."""
    argument = _argument(code, at)
    value = code.co_consts[argument] if code.co_code[2 * at] == _LOAD_CONST else argument
    return value, at - _prefixes(code, at) - 1


def _circles(nodes: Sequence[str], graph: _Graph, back: _Graph) -> Iterator[list[str]]:
    """The strongly connected components of more than one node, each in the order of the nodes.

    By the algorithm of Kosaraju and Sharir, from the graph and the same with its edges turned.
    """
    place = {node: number for number, node in enumerate(nodes)}
    left = [node for tree in _trees(nodes, graph) for node in tree]
    for tree in _trees(left[::-1], back):
        if len(tree) > 1:
            yield sorted(tree, key=place.__getitem__)


def _trees(nodes: Sequence[str], graph: _Graph) -> Iterator[list[str]]:
    """What can be reached from each of the nodes, and from none before it, in postorder."""
    left = set(nodes)
    for root in nodes:
        if root not in left:
            continue
        left.remove(root)
        tree: list[str] = []
        work = [(root, iter(graph[root]))]
        while work:
            node, targets = work[-1]
            target = next((each for each in targets if each in left), None)
            if target is None:
                tree.append(node)
                work.pop()
            else:
                left.remove(target)
                work.append((target, iter(graph[target])))
        yield tree
