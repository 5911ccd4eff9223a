-- Every figure of the public file with its SDMX attributes.
-- obs_status (CL_OBS_STATUS 2.2): Q suppressed, O missing, E estimated in part, P provisional, A normal; where several
-- hold, the first of this order. Figures of the latest year are provisional: its ledgers and its price index are
-- final only after its end.
-- freq (CL_FREQ 2.1), by the months an indicator has: only Decembers A, only ends of quarters Q, else M.
create temp view observation as
with habit as (
    select
        indicator_id,
        case
            when bool_and(right(period, 2) = '12') then 'A'
            when bool_and(right(period, 2) in ('03', '06', '09', '12')) then 'Q'
            else 'M'
        end as freq
    from marts.indicator_value
    group by indicator_id
),

latest as (select left(max(period), 4) as latest_year from marts.indicator_value)

select
    v.*,
    h.freq,
    case h.freq
        when 'A' then left(v.period, 4)
        when 'Q' then left(v.period, 4) || '-Q' || cast(cast(right(v.period, 2) as integer) / 3 as integer)
        else v.period
    end as time_period,
    case
        when v.value is null and v.conf_status <> 'F' then 'Q'
        when v.value is null then 'O'
        when v.estimated_share > 0 then 'E'
        when left(v.period, 4) = l.latest_year then 'P'
        else 'A'
    end as obs_status,
    i.unit,
    coalesce(u.code, 'U_' || hex(i.unit), '_Z') as unit_code,
    coalesce(u.exponent, 0) as unit_exponent
from marts.indicator_value as v
inner join marts.indicator as i on v.indicator_id = i.target_id
inner join habit as h on v.indicator_id = h.indicator_id
left join unit_of as u on i.unit = u.unit
cross join latest as l;
