-- The floor of the build: the marts `enterprise_month` and `indicator_value` from the same `raw` views, written by hand
-- as one script for DuckDB alone. No tests, no comments on columns, no registry of rules, no intermediate table that
-- two figures do not share. The rules are those of the raw contract; `make bench` compares the answer with dbt's.
-- Variable `seeds`: the folder of the seeds. Result: schema `by_hand`.

create schema by_hand;

create macro seed(name) as table select * from read_csv(getvariable('seeds') || '/' || name || '.csv', all_varchar = true);
create macro shift_month(period, months) as strftime((period || '-01')::date + to_months(months), '%Y-%m');

-- ------------------------------------------------------------------------------------------------ calendar and areas

create temp table calendar as
with delivered as (
    select
        coalesce(
            max(substr(period, 1, 7)) filter (where source in ('tax', 'industry', 'electricity', 'fuel')),
            max(substr(period, 1, 7)) filter (where source in ('patent', 'investment') and in_force)
        ) as horizon,
        max(substr(period, 1, 4)) filter (where source = 'rd' and in_force) || '-12' as last_closed,
        list(period) filter (where source = 'electricity' and in_force) as electricity,
        list(period) filter (where source = 'fuel' and in_force) as fuel
    from raw.delivery
),

months as (
    select strftime(d, '%Y-%m') as period, year(d)::int as year, month(d)::int as month, last_day(d::date) as last_day, b.*
    from delivered as b,
        generate_series(date '2020-01-01', (greatest(horizon, last_closed) || '-01')::date, interval 1 month) as g (d)
)

select
    period, year, month, last_day, period <= horizon as is_reported,
    coalesce(list_contains(electricity, period), false) as has_electricity,
    bool_and(coalesce(list_contains(electricity, period), false)) over (partition by year order by month) as has_every_electricity,
    coalesce(list_contains(fuel, period), false) as has_fuel
from months;

create temp table town as
select code as delivered, code as town_code from seed('area') where area_type <> 'county'
union all
select alias_code, area_code from seed('area_alias');

set variable county = (select code from seed('area') where area_type = 'county');

-- --------------------------------------------------------------------------------------------- enterprises of a year

create temp table land as
with parcel as (
    select
        enterprise_code, period::int as year, tenure, floor_area_m2::decimal(18, 8) as floor_m2,
        (registered_area::double * case area_unit when '亩' then 1 when '平方米' then 0.0015 when '公顷' then 15 end)::decimal(18, 8) as mu,
        (registered_area::double * case area_unit when '亩' then 666.6666666667 when '平方米' then 1 when '公顷' then 10000 end)::decimal(18, 8) as m2,
        tenure = '自有' and old_park is not null as is_old_park
    from raw.land
    where outcome = 'accepted' and enterprise_code is not null
)

select
    enterprise_code, year,
    nullif(greatest(sum(case tenure when '租出' then -mu else mu end), 0), 0) as land_mu,
    sum(mu) filter (where is_old_park) as park_mu,
    sum(m2) filter (where is_old_park) as park_m2,
    sum(floor_m2) filter (where is_old_park) as park_floor_m2
from parcel
group by all;

create temp table scope as
select
    r.enterprise_code, r.period::int as year, t.town_code, p.platform_code, d.division, r.is_hightech,
    l.park_mu, l.park_m2, l.park_floor_m2,
    (rd.rd_expenditure_kcny::double * 0.1)::decimal(18, 6) as rd_wan,
    rd.has_rd_activity::int as rd_active, rd.has_rd_institution::int as rd_institution,
    case when rd.enterprise_code is not null then 1 end as rd_reported
from raw.register as r
left join town as t on r.town_code = t.delivered
left join seed('platform') as p on r.platform = p.delivered_name
left join seed('industry_division') as d on r.industry_code[:2] = d.division
left join land as l on r.enterprise_code = l.enterprise_code and r.period::int = l.year
left join raw.rd on r.enterprise_code = rd.enterprise_code and r.period = rd.period and rd.outcome = 'accepted'
where r.outcome = 'accepted'
qualify row_number() over (
    partition by r.period, r.enterprise_code order by (r.credit_code = r.enterprise_code)::int desc, r.row_number
) = 1;

create temp table grid as
select e.enterprise_code, c.*
from (select distinct enterprise_code from scope) as e
cross join calendar as c;

-- ------------------------------------------------------------------------------------------------------------ energy

create temp table electricity as
with accepted as (
    select e.account_no, e.enterprise_code, e.electricity_kwh::decimal(18, 8) as kwh, c.period, c.year, c.month
    from raw.electricity as e
    inner join calendar as c using (period)
    where e.outcome = 'accepted'
),

spoiled as (
    select e.account_no, c.period, c.year, c.month
    from raw.electricity as e
    inner join calendar as c using (period)
    where e.outcome not in ('accepted', 'duplicate') and e.account_no is not null
),

account_year as (
    select
        account_no, year, min(month) as first, max(month) as last, count(*) as n,
        (sum(kwh)::double / count(*))::decimal(18, 8) as mean
    from accepted
    group by all
),

gap as (
    select a.account_no, a.year, c.month, c.period, a.mean
    from account_year as a
    inner join calendar as c on a.year = c.year and c.has_electricity and c.month between a.first and a.last
    where a.n < a.last - a.first + 1
    union
    select account_no, s.year, s.month, s.period, a.mean
    from spoiled as s
    inner join account_year as a using (account_no, year)
),

estimated as (
    select g.period, g.mean, max_by(a.enterprise_code, case when a.month < g.month then a.month else -a.month end) as enterprise_code
    from gap as g
    inner join accepted as a using (account_no, year)
    group by g.account_no, g.period, g.mean
    having not bool_or(a.month = g.month)
),

monthly as (
    select enterprise_code, period, sum(kwh) as kwh, sum(estimate) as estimate
    from (
        select enterprise_code, period, kwh, 0::decimal(18, 8) as estimate from accepted
        union all
        select enterprise_code, period, mean, mean from estimated
    )
    where enterprise_code is not null
    group by all
)

select
    g.enterprise_code, g.period,
    case when g.has_electricity then m.kwh end::decimal(18, 8) as kwh,
    case when g.has_every_electricity then sum(m.kwh) over ytd end::decimal(18, 8) as kwh_ytd,
    case when g.has_every_electricity then sum(m.estimate) over ytd end::decimal(18, 8) as estimate_ytd
from grid as g
left join monthly as m using (enterprise_code, period)
window ytd as (partition by g.enterprise_code, g.year order by g.month);

create macro between_months(before, after, month, month_before, month_after) as case
    when coalesce(before, after) is null then null
    when month_after is null then (before::double * month / month_before)::decimal(18, 8)
    else (
        coalesce(before, 0)::double + (coalesce(after, 0) - coalesce(before, 0))::double
        * (month - coalesce(month_before, 0)) / (month_after - coalesce(month_before, 0))
    )::decimal(18, 8)
end;

create temp table fuel as
with accepted as (
    select
        f.enterprise_code, f.period, c.year, c.month,
        raw_coal_ytd_t::decimal(18, 8) as coal, natural_gas_ytd_10km3::decimal(18, 8) as gas,
        diesel_ytd_t::decimal(18, 8) as diesel, gasoline_ytd_t::decimal(18, 8) as gasoline,
        steam_lp_ytd_t::decimal(18, 8) as steam, heat_equiv_ytd_gj::decimal(18, 8) as heat
    from raw.fuel as f
    inner join calendar as c using (period)
    where f.outcome = 'accepted' and f.enterprise_code is not null
),

gap as (
    select e.enterprise_code, c.year, c.month, c.period
    from (select enterprise_code, year, count(*) as n from accepted group by all) as e
    inner join (select *, count(*) over (partition by year) as n_files from calendar where has_fuel) as c
        on e.year = c.year and e.n < c.n_files
    anti join accepted as a on e.enterprise_code = a.enterprise_code and c.period = a.period
),

neighbour as (
    select g.*, max(a.month) filter (where a.month < g.month) as mb, min(a.month) filter (where a.month > g.month) as ma
    from gap as g
    inner join accepted as a using (enterprise_code, year)
    group by all
)

select * exclude (year, month), false as is_estimated from accepted
union all
select
    n.enterprise_code, n.period,
    between_months(b.coal, a.coal, n.month, mb, ma), between_months(b.gas, a.gas, n.month, mb, ma),
    between_months(b.diesel, a.diesel, n.month, mb, ma), between_months(b.gasoline, a.gasoline, n.month, mb, ma),
    between_months(b.steam, a.steam, n.month, mb, ma), between_months(b.heat, a.heat, n.month, mb, ma), true
from neighbour as n
left join accepted as b on n.enterprise_code = b.enterprise_code and n.year = b.year and mb = b.month
left join accepted as a on n.enterprise_code = a.enterprise_code and n.year = a.year and ma = a.month;

-- tonnes of standard coal and of CO2 per delivered unit; electricity by year
create temp table factor as
with unit (delivered_unit, per_unit, n) as (
    values ('吨', '千克', 1000), ('万立方米', '立方米', 10000), ('百万千焦', '兆焦', 1000), ('千瓦时', '千瓦时', 1)
),

long as (
    select energy_id, valid_year::int as year, kgce_per_unit::double * n / 1000 as tce, null as co2
    from seed('energy_coefficient') join unit using (delivered_unit, per_unit)
    union all
    select energy_id, valid_year::int, null, kgco2_per_unit::double * n / 1000
    from seed('co2_factor') join unit using (delivered_unit, per_unit)
)

select
    y.year,
    max(tce) filter (where energy_id = 'raw_coal') as coal_tce, max(co2) filter (where energy_id = 'raw_coal') as coal_co2,
    max(tce) filter (where energy_id = 'natural_gas') as gas_tce, max(co2) filter (where energy_id = 'natural_gas') as gas_co2,
    max(tce) filter (where energy_id = 'diesel') as diesel_tce, max(co2) filter (where energy_id = 'diesel') as diesel_co2,
    max(tce) filter (where energy_id = 'gasoline') as gasoline_tce, max(co2) filter (where energy_id = 'gasoline') as gasoline_co2,
    max(tce) filter (where energy_id = 'steam_lp') as steam_tce, max(co2) filter (where energy_id = 'steam_lp') as steam_co2,
    max(tce) filter (where energy_id = 'heat_equiv') as heat_tce, max(co2) filter (where energy_id = 'heat_equiv') as heat_co2,
    max(tce) filter (where energy_id = 'electricity_calorific') as kwh_calorific,
    max(tce) filter (where energy_id = 'electricity_equivalent') as kwh_equivalent,
    max(co2) filter (where energy_id = 'electricity') as kwh_co2
from (select distinct year from calendar) as y
inner join long as l on l.year is null or y.year = l.year
group by all;

-- -------------------------------------------------------------------------------------------------- enterprise_month

create macro used(quantity, factor) as case when quantity is null then 0 else quantity::double * factor end;
create macro wan(kcny) as (kcny::double * 0.1)::decimal(18, 6);
create macro from_tce(tce) as tce::decimal(28, 10);

create table by_hand.enterprise_month as
with measure as (
    select
        g.enterprise_code, g.period, g.year, g.month,
        s.enterprise_code is not null as is_above_scale,
        coalesce(t.enterprise_code, i.enterprise_code) is not null as has_report,
        (t.tax_ytd::double * case t.money_unit when '万元' then 1 when '千元' then 0.1 when '元' then 0.0001 end)::decimal(18, 6) as tax,
        wan(i.output_value_kcny) as output_value, wan(i.value_added_kcny) as value_added, wan(i.revenue_kcny) as revenue,
        wan(i.profit_kcny) as profit, wan(i.rd_expense_kcny) as rd_expense, i.staff_avg::decimal(18, 6) as staff,
        e.kwh, e.kwh_ytd, e.estimate_ytd, f.* exclude (enterprise_code, period), l.land_mu,
        coalesce(e.kwh_ytd, f.coal, f.gas, f.diesel, f.gasoline, f.steam, f.heat) is not null as has_energy,
        g.has_every_electricity and g.has_fuel and has_energy as is_known,
        used(f.coal, coal_tce) + used(f.gas, gas_tce) + used(f.diesel, diesel_tce) + used(f.gasoline, gasoline_tce)
        + used(f.steam, steam_tce) + used(f.heat, heat_tce) as fuel_tce,
        used(f.coal, coal_co2) + used(f.gas, gas_co2) + used(f.diesel, diesel_co2) + used(f.gasoline, gasoline_co2)
        + used(f.steam, steam_co2) + used(f.heat, heat_co2) as fuel_co2,
        case when is_known then from_tce(used(e.kwh_ytd, kwh_calorific) + fuel_tce) end as calorific,
        case when is_known then from_tce(used(e.kwh_ytd, kwh_equivalent) + fuel_tce) end as equivalent,
        case when is_known then from_tce(
            used(e.estimate_ytd, kwh_equivalent) + case when f.is_estimated then fuel_tce else 0 end
        ) end as estimated,
        case when is_known then from_tce(used(e.kwh_ytd, kwh_co2) + fuel_co2) end as co2
    from grid as g
    inner join factor as x using (year)
    left join scope as s using (enterprise_code, year)
    left join land as l using (enterprise_code, year)
    left join raw.tax as t on g.enterprise_code = t.enterprise_code and g.period = t.period and t.outcome = 'accepted'
    left join raw.industry as i on g.enterprise_code = i.enterprise_code and g.period = i.period and i.outcome = 'accepted'
    left join electricity as e on g.enterprise_code = e.enterprise_code and g.period = e.period
    left join fuel as f on g.enterprise_code = f.enterprise_code and g.period = f.period
)

select
    enterprise_code as credit_code, period, is_above_scale,
    tax as tax_ytd_wan, case when month = 1 then tax else tax - lag(tax) over w end as tax_wan,
    output_value as output_value_ytd_wan, case when month > 2 then output_value - lag(output_value) over w when month = 2 then output_value end as output_value_wan,
    value_added as value_added_ytd_wan, case when month > 2 then value_added - lag(value_added) over w when month = 2 then value_added end as value_added_wan,
    revenue as revenue_ytd_wan, case when month > 2 then revenue - lag(revenue) over w when month = 2 then revenue end as revenue_wan,
    profit as profit_ytd_wan, case when month > 2 then profit - lag(profit) over w when month = 2 then profit end as profit_wan,
    rd_expense as rd_expense_ytd_wan, case when month > 2 then rd_expense - lag(rd_expense) over w when month = 2 then rd_expense end as rd_expense_wan,
    staff as staff_avg_ytd,
    kwh_ytd as electricity_ytd_kwh, kwh as electricity_kwh, estimate_ytd as electricity_estimated_ytd_kwh,
    coal as raw_coal_ytd_t, case when month > 2 then coal - lag(coal) over w when month = 2 then coal end as raw_coal_t,
    gas as natural_gas_ytd_10km3, case when month > 2 then gas - lag(gas) over w when month = 2 then gas end as natural_gas_10km3,
    diesel as diesel_ytd_t, case when month > 2 then diesel - lag(diesel) over w when month = 2 then diesel end as diesel_t,
    gasoline as gasoline_ytd_t, case when month > 2 then gasoline - lag(gasoline) over w when month = 2 then gasoline end as gasoline_t,
    steam as steam_lp_ytd_t, case when month > 2 then steam - lag(steam) over w when month = 2 then steam end as steam_lp_t,
    heat as heat_equiv_ytd_gj, case when month > 2 then heat - lag(heat) over w when month = 2 then heat end as heat_equiv_gj,
    is_estimated as is_fuel_estimated,
    calorific as tce_calorific_ytd, case when month > 2 then calorific - lag(calorific) over w when month = 2 then calorific end as tce_calorific,
    equivalent as tce_equivalent_ytd, case when month > 2 then equivalent - lag(equivalent) over w when month = 2 then equivalent end as tce_equivalent,
    estimated as tce_estimated_ytd, case when month > 2 then estimated - lag(estimated) over w when month = 2 then estimated end as tce_estimated,
    co2 as co2_ytd_t, case when month > 2 then co2 - lag(co2) over w when month = 2 then co2 end as co2_t,
    land_mu as land_in_use_mu,
    case when month = 12 then tax else tax + lag(tax, month) over w - lag(tax, 12) over w end as tax_rolling12_wan,
    case when month = 12 then value_added else value_added + lag(value_added, month) over w - lag(value_added, 12) over w end as value_added_rolling12_wan,
    (last_value(value_added::double / month ignore nulls) over w)::decimal(18, 6) as last_known_monthly_value_added_wan
from measure
window w as (partition by enterprise_code order by period)
qualify is_above_scale or has_report or has_energy or kwh is not null;

-- --------------------------------------------------------------------------------- ratios of sums over enterprises

create macro ratio(numerator, denominator, rolling12, weight, tce, tce_estimated) as {
    n_in_scope: count(*),
    n: count(*) filter (numerator is not null and denominator is not null),
    numerator: sum(numerator) filter (denominator is not null)::double,
    denominator: sum(denominator) filter (numerator is not null)::double,
    rolling12: sum(rolling12) filter (numerator is not null and denominator is not null)::double,
    rolling12_denominator: sum(denominator) filter (numerator is not null and rolling12 is not null)::double,
    weight_in_scope: sum(weight)::double,
    weight: sum(weight) filter (numerator is not null and denominator is not null)::double,
    tce: sum(tce) filter (denominator is not null)::double,
    tce_estimated: sum(tce_estimated) filter (denominator is not null)::double
};

-- one row a month, town, platform and division: every figure is a sum of these
create temp table cell as
select
    m.period, c.year, c.month, c.is_reported, s.town_code, s.platform_code, s.division,
    ratio(tax_ytd_wan, land_in_use_mu, tax_rolling12_wan, w, null::int, null::int) as tax_per_mu,
    ratio(value_added_ytd_wan, land_in_use_mu, value_added_rolling12_wan, w, null::int, null::int) as value_added_per_mu,
    ratio(value_added_ytd_wan, staff_avg_ytd, value_added_rolling12_wan, w, null::int, null::int) as productivity,
    ratio(tce_equivalent_ytd, value_added_ytd_wan, null::int, w, tce_equivalent_ytd, tce_estimated_ytd) as intensity,
    ratio(
        case when s.is_hightech then value_added_ytd_wan when not s.is_hightech then 0 * value_added_ytd_wan end,
        value_added_ytd_wan, null::int, w, null::int, null::int
    ) as hightech_share,
    ratio(s.rd_wan, revenue_ytd_wan, null::int, w, null::int, null::int) as rd_to_revenue,
    ratio(s.rd_active, s.rd_reported, null::int, w, null::int, null::int) as rd_active,
    ratio(s.rd_institution, s.rd_reported, null::int, w, null::int, null::int) as rd_institution
from by_hand.enterprise_month as m
inner join calendar as c using (period)
inner join scope as s on m.credit_code = s.enterprise_code and c.year = s.year,
    lateral (select m.last_known_monthly_value_added_wan as w)
group by all;

create temp table park as
select
    m.period, c.month, c.is_reported,
    ratio(tax_ytd_wan, s.park_mu, tax_rolling12_wan, w, null::int, null::int) as tax_per_mu,
    ratio(s.park_floor_m2, s.park_m2, null::int, w, null::int, null::int) as plot_ratio
from by_hand.enterprise_month as m
inner join calendar as c using (period)
inner join scope as s on m.credit_code = s.enterprise_code and c.year = s.year,
    lateral (select m.last_known_monthly_value_added_wan as w)
where s.park_mu is not null
group by all;

-- rule: id, first month that has a figure, factor, county only
create temp table ratio_rule as
from (values
    ('tax_per_mu_above_scale', 1, 1, false), ('value_added_per_mu_above_scale', 2, 1, false),
    ('labour_productivity_mfg', 2, 1, false), ('energy_intensity', 2, 1, false),
    ('hightech_zone_hightech_va_share', 2, 100, true), ('rd_to_revenue_mfg', 12, 100, false),
    ('rd_active_enterprise_share', 12, 100, false), ('rd_institution_setup_rate', 12, 100, false),
    ('old_park_tax_per_mu', 1, 1, true), ('old_park_plot_ratio', 12, 1, true)
) as r (indicator_id, first_month, factor, is_county_only);

create temp table ratios as
with manufacturing as (
    select division from seed('industry_division') where is_manufacturing = 'true'
),

contribution as (
    select 'tax_per_mu_above_scale' as indicator_id, period, town_code, platform_code, division, unnest(tax_per_mu) from cell
    union all
    select 'value_added_per_mu_above_scale', period, town_code, platform_code, division, unnest(value_added_per_mu) from cell
    union all
    select 'labour_productivity_mfg', period, town_code, platform_code, division, unnest(productivity) from cell
    where division in (from manufacturing)
    union all
    select 'energy_intensity', period, town_code, platform_code, division, unnest(intensity) from cell
    union all
    select 'hightech_zone_hightech_va_share', period, town_code, platform_code, division, unnest(hightech_share) from cell
    where platform_code = 'PF-HTZ'
    union all
    select 'rd_to_revenue_mfg', period, town_code, platform_code, division, unnest(rd_to_revenue) from cell
    where division in (from manufacturing)
    union all
    select 'rd_active_enterprise_share', period, town_code, platform_code, division, unnest(rd_active) from cell
    union all
    select 'rd_institution_setup_rate', period, town_code, platform_code, division, unnest(rd_institution) from cell
    union all
    select 'old_park_tax_per_mu', period, null, null, null, unnest(tax_per_mu) from park
    union all
    select 'old_park_plot_ratio', period, null, null, null, unnest(plot_ratio) from park
),

rule_month as (
    select r.*, c.period, c.year
    from ratio_rule as r
    inner join calendar as c on c.month >= r.first_month and (c.is_reported or r.first_month = 12)
),

area as (
    select
        r.indicator_id, r.period, r.year, r.factor,
        case
            when grouping(c.town_code) = 0 then 'town' when grouping(c.platform_code) = 0 then 'platform'
            when grouping(c.division) = 0 then 'industry' else 'county'
        end as breakdown,
        coalesce(c.town_code, c.platform_code, c.division, getvariable('county')) as breakdown_code,
        bool_or(r.is_county_only) as is_county_only,
        sum(n_in_scope) as n_in_scope, coalesce(sum(n), 0)::int as n, sum(numerator) as numerator, sum(denominator) as denominator,
        sum(rolling12) as rolling12, sum(rolling12_denominator) as rolling12_denominator,
        sum(weight_in_scope) as weight_in_scope, sum(weight) as weight, sum(tce) as tce, sum(tce_estimated) as tce_estimated
    from rule_month as r
    left join contribution as c using (indicator_id, period)
    group by grouping sets (
        (r.indicator_id, r.period, r.year, r.factor), (r.indicator_id, r.period, r.year, r.factor, c.town_code),
        (r.indicator_id, r.period, r.year, r.factor, c.platform_code), (r.indicator_id, r.period, r.year, r.factor, c.division)
    )
    having (grouping(c.town_code) = 1 or c.town_code is not null)
        and (grouping(c.platform_code) = 1 or c.platform_code is not null)
        and (grouping(c.division) = 1 or c.division is not null)
),

priced as (
    select
        a.* exclude (denominator),
        a.denominator * case when a.indicator_id = 'energy_intensity' then
            100 / coalesce(p.deflator_2020_100::double, case a.year when 2020 then 100 end)
        else 1 end as denominator
    from area as a
    left join raw.price_index as p on a.year = p.year::int and p.outcome = 'accepted'
)

select
    indicator_id, period, year, breakdown, breakdown_code,
    numerator / nullif(denominator, 0) * factor as value, numerator, denominator,
    n / nullif(n_in_scope, 0) as coverage, coalesce(weight, 0) / nullif(weight_in_scope, 0) as coverage_weighted,
    tce_estimated / nullif(tce, 0) as estimated_share,
    rolling12 / nullif(rolling12_denominator, 0) * factor as rolling12_value, n as n_enterprises
from priced
where breakdown = 'county' or (n > 0 and not is_county_only);

-- ------------------------------------------------------------------------------------------------ growth and decline

create temp table changes as
select
    r.id as indicator_id, v.period, v.breakdown, v.breakdown_code,
    r.factor * (v.value / nullif(b.value, 0) - 1) as value,
    case when r.keeps_coverage then v.coverage end as coverage,
    case when r.keeps_coverage then v.coverage_weighted end as coverage_weighted,
    v.estimated_share, v.n_enterprises
from ratios as v
inner join (values
    ('tax_per_mu_growth', 'tax_per_mu_above_scale', 100, null, false),
    ('value_added_per_mu_growth', 'value_added_per_mu_above_scale', 100, null, false),
    ('energy_intensity_decline_3y', 'energy_intensity', -100, 2020, true)
) as r (id, base, factor, base_year, keeps_coverage) on v.indicator_id = r.base
left join ratios as b
    on v.indicator_id = b.indicator_id and v.breakdown = b.breakdown and v.breakdown_code = b.breakdown_code
    and b.period = coalesce(r.base_year, v.year - 1) || v.period[5:]
where v.year >= 2021 and (v.breakdown = 'county' or v.value / nullif(b.value, 0) is not null);

-- ---------------------------------------------------------------------------------------------------------- patents

create temp table patents as
with population_year as (
    select c.period, c.last_day, max(p.period::int) as year
    from calendar as c
    inner join (select distinct period from raw.population where outcome = 'accepted') as p
        on p.period::int < c.year or (p.period::int = c.year and c.month = 12)
    where c.is_reported
    group by all
),

people as (
    select y.year, t.town_code, p.n
    from (select distinct period::int as year from raw.population where outcome = 'accepted') as y
    cross join (select distinct town_code from town) as t
    left join (
        select p.period::int as year, t.town_code, sum(p.resident_population) as n
        from raw.population as p
        inner join town as t on p.town_code = t.delivered
        where p.outcome = 'accepted'
        group by all
    ) as p using (year, town_code)
),

valuable as (
    select distinct
        p.patent_no, t.town_code, p.expiry_date as until,
        case
            when p.strategic_emerging or p.overseas_family or p.pledge_amount_wan >= 500 or p.award is not null then p.grant_date
            else greatest(p.grant_date, (p.application_date + interval 10 years)::date + 1)
        end as since
    from raw.patent as p
    left join town as t on p.town_code = t.delivered
    where p.outcome = 'accepted' and p.kind = '发明' and p.grant_date is not null
        and (
            p.strategic_emerging or p.overseas_family or p.pledge_amount_wan >= 500 or p.award is not null
            or p.application_date is not null
        )
),

stock as (
    select y.period, v.town_code, count(*) as n
    from population_year as y
    inner join valuable as v on y.last_day >= v.since and (v.until is null or v.until > y.last_day)
    group by all
),

figure as (
    select y.period, 'county' as breakdown, getvariable('county') as breakdown_code, coalesce(s.n, 0) as n, p.n as people
    from population_year as y
    inner join (select year, case when count(n) = count(*) then sum(n) end as n from people group by all) as p using (year)
    left join (select period, sum(n) as n from stock group by all) as s using (period)
    union all
    select y.period, 'town', p.town_code, coalesce(s.n, 0), p.n
    from population_year as y
    inner join people as p using (year)
    left join stock as s using (period, town_code)
),

known as (
    select max(coalesce(period[:7], '9999-12')) as until from raw.delivery where source = 'patent' and in_force
)

select
    period, breakdown, breakdown_code, case when period <= k.until then n end::double as numerator,
    case when numerator is not null then people / 10000 end as denominator, numerator / nullif(denominator, 0) as value
from figure, known as k
where breakdown = 'county' or (period <= k.until and people > 0);

-- ---------------------------------------------------------------------------------------------------------- projects

create temp table project as
with reached as (
    select
        project_id,
        min(happened_on) filter (where milestone = '落地') as landed_on,
        min(happened_on) filter (where milestone = '开工') as started_on,
        min(happened_on) filter (where milestone = '竣工') as completed_on
    from raw.project_milestone
    where deleted is not true
    group by all
)

select
    p.project_id, p.is_manufacturing, d.is_industry = 'true' as is_industry, p.kind, p.fortune500,
    (p.planned_total_wan::double)::decimal(18, 6) as total, (p.planned_fixed_wan::double)::decimal(18, 6) as fixed,
    (p.planned_total_usd_wan::double)::decimal(18, 6) as usd,
    t.town_code, f.platform_code, d.division,
    p.introduced_on, r.landed_on, r.started_on, r.completed_on
from raw.project as p
left join reached as r using (project_id)
left join seed('industry_division') as d on p.industry_code[:2] = d.division
left join seed('platform') as f on p.platform = f.delivered_name
left join town as t on p.town_code = t.delivered
where p.deleted is not true;

create temp table flow as
select p.*, i.month as period, sum(i.invested_wan) as invested, sum(i.foreign_usd_wan) as foreign_usd
from raw.project_investment as i
inner join project as p using (project_id)
where i.deleted is not true
group by all;

create temp table project_figures as
-- What counts, from which month on; its window is the year of that month, or the plan's three years.
with contribution as (
    select rule.id, landed_on as since, town_code, platform_code, division, 1::double as numerator, null::double as denominator
    from project,
        lateral (values
            ('major_mfg_projects_1bn_3y', fixed >= 100000), ('mfg_projects_1bn_annual', fixed >= 100000),
            ('mfg_projects_10bn_annual', total > 1000000), ('fortune500_mfg_projects_3y', fortune500),
            ('mfg_projects_100m_usd_3y', usd > 10000)
        ) as rule (id, holds)
    where rule.holds and is_manufacturing
    union all
    select rule.id, rule.reached, town_code, platform_code, division, 1, null
    from project,
        lateral (values
            ('projects_100m_started_annual', started_on, 10000), ('projects_300m_started_annual', started_on, 30000),
            ('projects_100m_completed_annual', completed_on, 10000), ('projects_300m_completed_annual', completed_on, 30000)
        ) as rule (id, reached, threshold)
    where is_manufacturing and total >= rule.threshold
    union all
    select 'mfg_share_of_projects_introduced', introduced_on, town_code, platform_code, division, is_manufacturing::int, 1
    from project
    union all
    select 'projects_landing_rate', introduced_on, town_code, platform_code, division, 0, 1
    from project
    union all
    select 'projects_landing_rate', greatest(introduced_on, landed_on), town_code, platform_code, division, 1, 0
    from project
    where year(introduced_on) = year(landed_on)
    union all
    select 'landed_project_investment_completion', landed_on, town_code, platform_code, division, 0, fixed
    from project
    where fixed is not null
    union all
    select
        'landed_project_investment_completion', greatest(landed_on, (period || '-01')::date),
        town_code, platform_code, division, invested, 0
    from flow
    where fixed is not null and year(landed_on) = period[:4]::int
    union all
    select 'mfg_investment_3y', (period || '-01')::date, town_code, platform_code, division, invested, null
    from flow
    where is_manufacturing
    union all
    select 'mfg_fdi_utilised_3y', (period || '-01')::date, town_code, platform_code, division, foreign_usd, null
    from flow
    where is_manufacturing
    union all
    select rule.id, (shift_month(period, rule.later) || '-01')::date, town_code, platform_code, division,
        case rule.later when 0 then invested end, case rule.later when 12 then invested end
    from flow,
        lateral (values
            ('industrial_investment_growth', 0, true), ('industrial_investment_growth', 12, true),
            ('tech_upgrade_investment_growth', 0, kind = '技改'), ('tech_upgrade_investment_growth', 12, kind = '技改')
        ) as rule (id, later, holds)
    where rule.holds and is_industry and period >= '2020-01'
),

monthly as (
    select id, strftime(since, '%Y-%m') as since, town_code, platform_code, division,
        sum(numerator) as numerator, sum(denominator) as denominator
    from contribution
    where since is not null
    group by all
),

rule as (
    from (values
        ('mfg_investment_3y', 'sum', 'plan', 0.0001), ('mfg_fdi_utilised_3y', 'sum', 'plan', 0.0001),
        ('industrial_investment_growth', 'growth', 'year', 100), ('tech_upgrade_investment_growth', 'growth', 'year', 100),
        ('major_mfg_projects_1bn_3y', 'sum', 'plan', 1), ('mfg_projects_1bn_annual', 'sum', 'year', 1),
        ('mfg_projects_10bn_annual', 'sum', 'year', 1), ('projects_100m_started_annual', 'sum', 'year', 1),
        ('projects_300m_started_annual', 'sum', 'year', 1), ('projects_100m_completed_annual', 'sum', 'year', 1),
        ('projects_300m_completed_annual', 'sum', 'year', 1), ('mfg_share_of_projects_introduced', 'ratio', 'year', 100),
        ('projects_landing_rate', 'ratio', 'year', 100), ('landed_project_investment_completion', 'ratio', 'year', 100),
        ('fortune500_mfg_projects_3y', 'sum', 'plan', 1), ('mfg_projects_100m_usd_3y', 'sum', 'plan', 1)
    ) as r (id, result, time_window, factor)
),

rule_month as (
    select
        r.*, c.period, case r.time_window when 'plan' then '2021-01' else c.period[:5] || '01' end as first,
        coalesce(c.period <= k.until, false) as is_known
    from rule as r
    inner join calendar as c
        on c.is_reported and c.month >= 2 and (c.year >= 2021 or (r.time_window = 'year' and r.result <> 'growth'))
    cross join (
        select max(coalesce(period[:7], '9999-12')) as until from raw.delivery where source = 'investment' and in_force
    ) as k
),

area as (
    select
        r.id, r.period, r.result, r.factor, r.is_known,
        case
            when grouping(m.town_code) = 0 then 'town' when grouping(m.platform_code) = 0 then 'platform'
            when grouping(m.division) = 0 then 'industry' else 'county'
        end as breakdown,
        coalesce(m.town_code, m.platform_code, m.division, getvariable('county')) as breakdown_code,
        sum(m.numerator) as numerator, sum(m.denominator) as denominator
    from rule_month as r
    left join monthly as m on r.id = m.id and r.is_known and m.since between r.first and r.period
    group by grouping sets (
        (r.id, r.period, r.result, r.factor, r.is_known), (r.id, r.period, r.result, r.factor, r.is_known, m.town_code),
        (r.id, r.period, r.result, r.factor, r.is_known, m.platform_code),
        (r.id, r.period, r.result, r.factor, r.is_known, m.division)
    )
    having (grouping(m.town_code) = 1 or m.town_code is not null)
        and (grouping(m.platform_code) = 1 or m.platform_code is not null)
        and (grouping(m.division) = 1 or m.division is not null)
)

select
    id as indicator_id, period, breakdown, breakdown_code,
    case
        when not is_known then null
        when result = 'sum' and breakdown = 'county' then coalesce(numerator, 0) * factor
        when result = 'sum' then numerator * factor
        when result = 'ratio' then numerator / nullif(denominator, 0) * factor
        when result = 'growth' then (coalesce(numerator, 0) / nullif(denominator, 0) - 1) * factor
    end as value,
    case when result = 'ratio' and value is not null then numerator end as numerator,
    case when result = 'ratio' and value is not null then denominator end as denominator
from area
where breakdown = 'county' or value is not null;

-- --------------------------------------------------------------------------------------------------- indicator_value

create table by_hand.indicator_value as
select
    indicator_id, period, breakdown, breakdown_code, value::double as value, numerator::double as numerator,
    denominator::double as denominator, coverage::double as coverage, coverage_weighted::double as coverage_weighted,
    estimated_share::double as estimated_share, rolling12_value::double as rolling12_value, n_enterprises::int as n_enterprises
from (
    select * exclude (year) from ratios where indicator_id <> 'energy_intensity'
    union all by name
    select * from changes
    union all by name
    select *, 'high_value_patents_per_10k' as indicator_id from patents
    union all by name
    select * from project_figures
)
order by all;
