"""The Dagster view: one file a noun, thin over the modules that do the work."""
