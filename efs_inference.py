"""The package's name, by which a stack's state refers to the dynamic resources of the components.

So a stack can move between this repository's program and one of its own on the installed package.
"""

from components import gates

__all__ = ["gates"]
