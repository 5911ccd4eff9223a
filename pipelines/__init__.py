"""Fenghuang: from what bureaus deliver to a checked, immutable release of indicators."""
