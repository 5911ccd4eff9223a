{#- The same cells by what came in the months before: no row where nobody moved. -#}
with

-- most contributors stand still most of the time
moved as (
    select *
    from {{ ref('int_disclosure_flow') }}
    where {% for side in flow_sides() %}{{ side }} <> 0{{ " or " if not loop.last }}{% endfor %}
)

{{ cell_facts('moved', flow_sides()) }}
