{#- Cells of figures that add up over a window: who stands behind each sum. -#}
with

county as (
    select code as county_code from {{ ref('area') }} where area_type = 'county'
),

contribution as (
    select f.*, c.county_code
    from {{ ref('int_disclosure_flow') }} as f
    cross join county as c
)

{{ cell_facts('contribution', sum_sides()) }}
