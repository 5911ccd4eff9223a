"""The gate: every promise about what is published is checked, and counted, before anything is published."""
