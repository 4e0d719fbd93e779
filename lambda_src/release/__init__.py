"""The release: an immutable directory of libraries on the file system.

``installation`` makes a release (it runs in the populate task), ``activation`` uses one (it runs in
the function); what lies beside the two is what both agree on. Standard library only, because this
code runs where nothing is installed yet.
"""
