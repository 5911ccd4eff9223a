"""Intake: takes each delivery in once, keeps its bytes, parses them by contract and judges every row."""
