{#- Candidates of the list of high-consumption low-efficiency enterprises (高耗低效), one row a candidate of a closed
    year with every reason, and where the newest remediation ledger has it. -#}
with

division_mean as (
    {{ division_per_value_added('energy_equivalent_tce', 'tce_per_wan') }}
),

measured as (
    select
        y.year,
        y.credit_code,
        y.enterprise_name,
        y.town_code,
        y.platform_code,
        y.division,
        e.class,
        cast(y.tax_wan as double) / cast(y.land_in_use_mu as double) as tax_per_mu,
        cast(y.energy_equivalent_tce as double)
        / case when y.value_added_wan > 0 then cast(y.value_added_wan as double) end as tce_per_wan,
        m.tce_per_wan as division_tce_per_wan,
        coalesce(y.value_added_wan <= 0 and y.energy_equivalent_tce > 0, false) as is_energy_without_value
    from {{ ref('enterprise_year') }} as y
    left join {{ ref('enterprise_evaluation') }} as e on y.year = e.year and y.credit_code = e.credit_code
    left join division_mean as m on y.year = m.year and y.division = m.division
    where y.is_closed
),

reason as (
    select m.year, h.reason, h.sort_order, h.measure, h.class, h.below, h.above
    from (select distinct year from measured) as m
    inner join {{ ref('hcle_reason') }} as h on m.year >= h.valid_from_year
    qualify row_number() over (partition by m.year, h.measure order by h.valid_from_year desc, h.reason nulls last) = 1
),

hit as (
    select m.year, m.credit_code, r.reason, r.sort_order
    from measured as m
    inner join reason as r on m.year = r.year
    where case r.measure
        when 'class' then m.class = r.class
        when 'tax_per_mu' then m.tax_per_mu < cast(r.below as double)
        when 'energy_to_division' then
            m.is_energy_without_value or m.tce_per_wan > cast(r.above as double) * m.division_tce_per_wan
    end
),

candidate as (
    select
        year,
        credit_code,
        {{ joined('reason', ';', ['sort_order']) }} as reasons,
        cast(count(*) as integer) as n_reasons
    from hit
    group by year, credit_code
),

-- consecutive years on the list share year - nth
run as (
    select
        *,
        year - row_number() over (partition by credit_code order by year nulls last) as run_no
    from candidate
),

standing as (
    select
        c.*,
        m.enterprise_name,
        m.town_code,
        m.platform_code,
        m.division,
        m.class,
        m.tax_per_mu,
        m.tce_per_wan,
        m.division_tce_per_wan,
        coalesce(s.state, '未列入') as status,
        case
            when s.state is null then make_date(min(c.year) over (partition by c.credit_code, c.run_no), 12, 31)
            else s.state_since_on
        end as status_since_on,
        coalesce(s.state in ('已销号', '退出清单') and s.closed_on < make_date(c.year, 1, 1), false) as is_back_on_list,
        case when s.state is not null then s.listed_on end as listed_on,
        case when s.state is not null then s.completed_on end as completed_on
    from run as c
    inner join measured as m on c.year = m.year and c.credit_code = m.credit_code
    left join {{ ref('int_remediation_state') }} as s on c.credit_code = s.enterprise_code
)

select
    cast(year as integer) as year,
    cast(credit_code as string) as credit_code,
    cast(enterprise_name as string) as enterprise_name,
    cast(town_code as string) as town_code,
    cast(platform_code as string) as platform_code,
    cast(division as string) as division,
    cast(reasons as string) as reasons,
    n_reasons,
    cast(status as string) as status,
    status_since_on,
    cast({{ days_between('status_since_on', data_date()) }} as integer) as days_in_status,
    is_back_on_list,
    listed_on,
    completed_on,
    cast(class as string) as class,
    tax_per_mu,
    tce_per_wan,
    division_tce_per_wan
from standing
