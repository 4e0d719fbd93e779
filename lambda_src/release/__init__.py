"""The release: an immutable directory of libraries on the file system.

One room for both sides. ``install`` makes a release (it runs in the populate task), ``activate``
uses one (it runs in the function), ``layout`` is what both agree on. Standard library only,
because this code runs where nothing is installed yet.
"""
