"""The build: a fresh work file each night, and one dbt invocation on it."""
