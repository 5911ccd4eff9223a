"""A made-up county, written to the raw contracts, with the truth it was made from kept beside it."""

from pipelines.demo.write import DemoReport, patents, projects, write_demo

__all__ = ["DemoReport", "patents", "projects", "write_demo"]
