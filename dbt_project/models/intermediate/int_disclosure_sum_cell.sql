{#- Cells of figures that add up over a window: who stands behind each sum. -#}
{{ cell_facts(ref('int_disclosure_flow'), sum_sides()) }}
