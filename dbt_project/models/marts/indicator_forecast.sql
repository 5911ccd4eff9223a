{#- Forecast of every open target of the county to its deadline (to the end of the year for an annual test), from its
    latest month, with its interval and the error the method has shown on the past of the series; none without. -#}
with

-- a share of a whole stays one
bounded as (
    select
        f.*,
        i.kind in ('ratio', 'coverage') and i.unit = '%' as is_share
    from {{ ref('int_forecast') }} as f
    inner join {{ ref('indicator') }} as i on f.target_id = i.target_id
),

within as (
    select
        target_id,
        period,
        horizon_period,
        {%- for column in ['forecast', 'forecast_low', 'forecast_high'] %}
        case
            when is_share and {{ column }} < 0 then 0
            when is_share and {{ column }} > 100 then 100
            else {{ column }}
        end as {{ column }},
        {%- endfor %}
        confidence,
        method,
        backtest_error,
        backtest_pairs,
        backtest_steps,
        reason
    from bounded
)

select
    cast(f.target_id as string) as target_id,
    cast(f.period as string) as period,
    cast(f.horizon_period as string) as horizon_period,
    cast(f.forecast as double) as forecast,
    cast(f.forecast_low as double) as forecast_low,
    cast(f.forecast_high as double) as forecast_high,
    cast(f.confidence as double) as confidence,
    cast({{ holds('f.forecast', 'p.comparator', 'p.target_value') }} as boolean) as is_expected_to_be_met,
    cast(f.method as string) as method,
    cast(f.backtest_error as double) as backtest_error,
    cast(f.backtest_pairs as integer) as backtest_pairs,
    cast(f.backtest_steps as integer) as backtest_steps,
    cast(f.reason as string) as reason
from within as f
inner join {{ ref('int_progress') }} as p
    on f.target_id = p.target_id and f.period = p.period and p.breakdown = 'county'
order by target_id nulls last
