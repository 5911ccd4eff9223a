{#- The same cells by what came in the 1 to 12 months that end there, which a reader learns by subtracting: no row where
    nobody moved. -#}
with

-- every month between two has a row, so the row of N steps earlier is that of N months earlier
earlier as (
    select
        *,
        {%- for step in flow_steps() %}
        lag(amount, {{ step }}) over one_window as amount_{{ step }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_disclosure_sum') }}
    window one_window as (
        partition by indicator_id, side, contributor, town_code, platform_code, division, window_key
        order by month_number nulls last
    )
),

-- most contributors stand still most of the time
moved as (
    select
        indicator_id,
        period,
        side,
        town_code,
        platform_code,
        division,
        {%- for step in flow_steps() %}
        case when amount is not null or amount_{{ step }} is not null then
            cast(
                coalesce(amount, cast(0 as decimal(38, 14)))
                - coalesce(amount_{{ step }}, cast(0 as decimal(38, 14))) as decimal(38, 14)
            )
        end as flow_{{ step }}{{ "," if not loop.last }}
        {%- endfor %}
    from earlier
    where
        {%- for step in flow_steps() %}
        coalesce(amount, cast(0 as decimal(38, 14))) <> coalesce(amount_{{ step }}, cast(0 as decimal(38, 14)))
        {{ "or" if not loop.last }}
        {%- endfor %}
)

{{ cell_facts('moved', flow_columns(), of=['indicator_id', 'period', 'side']) }}
