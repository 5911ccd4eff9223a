"""Vintages: which published figures changed from release to release, by how much, and what made them change."""
