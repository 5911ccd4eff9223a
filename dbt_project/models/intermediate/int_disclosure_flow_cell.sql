{#- The same cells by what came in the months before: no row where nobody moved. -#}
with

county as (
    select code as county_code from {{ ref('area') }} where area_type = 'county'
),

-- most contributors stand still most of the time
moved as (
    select f.*, c.county_code
    from {{ ref('int_disclosure_flow') }} as f
    cross join county as c
    where {% for side in flow_sides() %}f.{{ side }} <> 0{{ " or " if not loop.last }}{% endfor %}
)

{{ cell_facts('moved', flow_sides()) }}
