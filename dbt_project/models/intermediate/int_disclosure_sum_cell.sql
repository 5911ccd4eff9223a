{#- Cells of figures that add up over a window: who stands behind each side. -#}
{{ cell_facts(ref('int_disclosure_sum'), ['amount'], of=['indicator_id', 'period', 'side']) }}
