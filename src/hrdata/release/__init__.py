"""A package to a release: all its files as bytes, the same for the same content."""
