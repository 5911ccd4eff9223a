"""Disclosure control 统计信息保密: which figures the public file may hold, and the proof that the others stay hidden.

`facts` reads who stands behind each cell, `decide` chooses what is withheld (`rules`: primary; `cover`: secondary, by a
mixed-integer programme; `bounds`: the audit, by linear programmes; `history`: what earlier releases gave away), and
`public` writes `public.duckdb`.
"""
