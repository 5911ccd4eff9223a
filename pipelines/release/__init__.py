"""Releases: immutable, whole or not there at all, and one pointer to the current one."""
