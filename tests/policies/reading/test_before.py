"""What is created before what, in any graph."""

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.reading.graph import Resource, Stack
from policies.reading.sources import from_request

from ..programs import Program

_EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20)


def stack_of(edges: list[tuple[int, int]], parents: dict[int, int]) -> Stack:
    """Ten resources, each third of them a component; (a, b): a depends on b."""
    p = Program()
    for number in range(10):
        p.add("acme:index:Part" if number % 3 == 0 else "aws:s3/bucket:Bucket", f"r{number}", {})
    for one, other in edges:
        p.parts[one].dependencies.append(p.parts[other].urn)
    for one, other in parents.items():
        if other % 3 == 0 and one > other:
            p.parts[one].parent = p.parts[other].urn
    return from_request(p.wire())


def reached(stack: Stack, start: Resource) -> set[str]:
    """By definition: what a resource depends on, with all that is in a component, and so on."""
    found: set[str] = set()
    pending, entered = [start.urn], {start.urn}
    while pending:
        resource = stack.by_urn[pending.pop()]
        direct = set(stack.parts(resource.dependencies))
        found |= direct
        for urn in direct | ({resource.parent} if resource.parent else set()):
            if urn not in entered:
                entered.add(urn)
                pending.append(urn)
    return found


@settings(max_examples=200, database=None, deadline=None)
@given(
    _EDGES,
    st.dictionaries(st.integers(0, 9), st.integers(0, 9), max_size=6),
    st.permutations(range(10)),
)
def test_the_order_does_not_depend_on_what_is_asked_first(
    edges: list[tuple[int, int]], parents: dict[int, int], asked: list[int]
) -> None:
    stack = stack_of(edges, parents)
    for number in asked:
        second = stack.resources[number]
        before = {one.urn for one in stack.resources if stack.is_before(one, second)}
        assert before == reached(stack, second)


def test_a_long_chain_is_walked_without_recursion() -> None:
    p = Program()
    for number in range(5000):
        part = p.add("aws:s3/bucket:Bucket", f"r{number}", {})
        part.dependencies = [p.parts[-2].urn] if number else []
    stack = from_request(p.wire())
    assert stack.is_before(stack.resources[0], stack.resources[-1])
    assert not stack.is_before(stack.resources[-1], stack.resources[0])
