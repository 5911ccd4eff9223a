-- Facts of a made-up nation: every figure a function of the enterprise's number, the month and the seed, so that any
-- part of it can be computed alone. Variables: `seeds` (folder of the seeds), `seed`. Tables needed: `identity`
-- (i BIGINT, code, old_code: valid credit codes of two lives). Money in 千元 (kcny), land in 亩, energy as delivered.
-- The table macros give the columns of the contract, typed, and beside them `row_number` and how a row is spoiled:
-- `bad_column` (name in the contract) holds `bad_text`; `is_unknown`: neither its code nor its name is anybody's.

-- DuckDB's own hash: equal facts need the same DuckDB, as an archive's Parquet does.
create macro mixed(i, salt) as hash(i::bigint, salt::bigint, getvariable('seed')::bigint);
create macro draw(i, salt) as (mixed(i, salt) % 1000003)::double / 1000003;
create macro one_in(n, i, salt) as mixed(i, salt) % n = 0;
create macro pick(choices, i, salt) as choices[1 + (mixed(i, salt) % len(choices))::int];
create macro exact(figure) as figure::decimal(38, 8);
create macro round2(figure) as exact((figure * 100)::bigint / 100::decimal(5, 2));

set variable towns = (
    select list({'code': code, 'name': name_zh} order by code)
    from read_csv(getvariable('seeds') || '/area.csv', all_varchar = true) where area_type <> 'county'
);
set variable platforms = (
    select list(delivered_name order by platform_code)
    from read_csv(getvariable('seeds') || '/platform.csv', all_varchar = true)
);
set variable kinds = [
    {'division': '38', 'product': '电机'}, {'division': '34', 'product': '轴承'}, {'division': '20', 'product': '木业'},
    {'division': '17', 'product': '纺织'}, {'division': '29', 'product': '塑料'}, {'division': '14', 'product': '食品'},
    {'division': '39', 'product': '电子'}, {'division': '26', 'product': '化工'}, {'division': '30', 'product': '建材'},
    {'division': '44', 'product': '热电'}
];
set variable letters = '禾曦澍彬烨煜钧铭轩昊晖朗澈涵溪润泽瀚沛淳渝琛瑜瑾璋琦琳珂茂苒蕴岱嵘峻巍屿钦锐';
set variable season = [6.0, 5.2, 8.2, 8.3, 8.5, 8.7, 8.4, 8.6, 9.0, 8.9, 9.3, 10.9];

create macro letter(n) as getvariable('letters')[1 + n % length(getvariable('letters'))];
create macro core(n) as letter(n) || letter(n // 38) || letter(n // 1444) || letter(n // 54872);

create table enterprise as
select
    i, code, old_code, '德清' || core(i) || kind.product || '有限公司' as name,
    case when i % 50 = 3 then '湖州' || core(i) || kind.product || '厂' end as former_name,
    kind.division || (11 + mixed(i, 2) % 19)::varchar as industry_code,
    town.code as town_code, town.name as town_name,
    case when draw(i, 4) < 0.7 then pick(getvariable('platforms'), i, 5) end as platform,
    draw(i, 6) < 0.35 as is_hightech, draw(i, 7) < 0.1 as is_backbone,
    date '1993-01-01' + (mixed(i, 8) % 9800)::int as started_on,
    3000 + 120000 * draw(i, 9) * draw(i, 9) * draw(i, 10) as level_kcny,
    12 + (500 * draw(i, 9) * draw(i, 11))::int as staff,
    draw(i, 12) < 0.42 as uses_fuel,
    1 + one_in(4, i, 13)::int as accounts,
    draw(i, 14) < 0.45 as does_rd
from (
    select *, pick(getvariable('kinds'), i, 1) as kind, pick(getvariable('towns'), i, 3) as town from identity
);

-- How far into its year each enterprise has come: the share of the year's figures before and up to this month.
create table so_far as select i, 0::double as before, 0::double as now from enterprise;

-- `k`: which year of the nation it is, from 0. A thirty-fourth of all enterprises is below scale in any year.
create macro above_scale(i, k) as i % 34 <> k % 34;
create macro code_of(i, code, old_code, k) as case when i % 100 = 7 and k = 0 then old_code else code end;
create macro name_of(former_name, name, k) as case when k = 0 then coalesce(former_name, name) else name end;

create macro month_of(year, month, k) as table
select
    e.*, code_of(e.i, code, old_code, k) as code_now, name_of(former_name, name, k) as name_now,
    s.before, s.now, level_kcny * (1 + 0.08 * k) as year_kcny, (year * 100 + month)::bigint * 64 as salt
from enterprise as e
inner join so_far as s on e.i = s.i;

create macro next_month(year, month) as table
select
    i, case when month = 1 then 0 else now end as before,
    case when month = 1 then 0 else now end
    + getvariable('season')[month::int] / 100 * (0.85 + 0.3 * draw(i, (year * 100 + month) * 64)) as now
from so_far;

create macro register(year, k) as table
select
    (row_number() over (order by i) + 3)::int as row_number,
    code_of(i, code, old_code, k) as credit_code, name_of(former_name, name, k) as enterprise_name,
    case when k > 0 then former_name end as former_names,
    case when k > 0 and i % 100 = 7 then old_code end as former_codes,
    industry_code, town_code, platform, is_hightech, is_backbone, started_on as production_started_on,
    null::varchar as bad_column, null::varchar as bad_text, false as is_unknown
from enterprise
where above_scale(i, k);

create macro land(year, k) as table
with parcel as (
    select *, i * 2 + n as parcel, level_kcny / 1350 / parcels as mu, pick(['平方米', '亩', '公顷'], i * 2 + n, 20) as unit
    from (select *, 1 + one_in(3, i, 21)::int as parcels, unnest(range(parcels)) as n from enterprise)
)

select
    (row_number() over (order by parcel) + 3)::int as row_number,
    '330521' || lpad(parcel::varchar, 9, '0') as parcel_no,
    code_of(i, code, old_code, k) as holder_code, name_of(former_name, name, k) as holder_name, town_name,
    round2(mu * case unit when '亩' then 1 when '公顷' then 0.0667 else 666.67 end + 0.01) as registered_area,
    unit as area_unit, '自有' as tenure, round2(mu * 666.67 * (0.8 + draw(parcel, 22))) as floor_area_m2,
    case when one_in(40, parcel, 23) then '城北老工业园' end as old_park,
    null::varchar as bad_column, null::varchar as bad_text, false as is_unknown
from parcel;

create macro rd(year, k) as table
select
    (row_number() over (order by i) + 1)::int as row_number,
    code_of(i, code, old_code, k) as credit_code, name_of(former_name, name, k) as enterprise_name,
    exact(case when does_rd then (level_kcny * (0.05 + 0.02 * k) * (0.5 + draw(i, 30 + year)))::bigint else 0 end)
        as rd_expenditure_kcny,
    does_rd as has_rd_activity, does_rd and draw(i, 31) < 0.5 as has_rd_institution,
    null::varchar as bad_column, null::varchar as bad_text, false as is_unknown
from enterprise
where above_scale(i, k);

-- `per_unit`: yuan in the unit of the file.
create macro tax(year, month, k, per_unit) as table
select
    (row_number() over (order by i) + 3)::int as row_number,
    case when unknown then code_now[:17] else code_now end as credit_code,
    case when unknown then '无名' || name_now else name_now end as enterprise_name,
    exact(((year_kcny * 220 * now)::bigint - (year_kcny * 220 * before)::bigint)::decimal(18, 4) / per_unit) as tax_month,
    case when not spoiled then exact((year_kcny * 220 * now)::bigint::decimal(18, 4) / per_unit) end as tax_ytd,
    case when spoiled then 'tax_ytd' end as bad_column, case when spoiled then '待核' end as bad_text,
    unknown as is_unknown
from (select *, one_in(2000, i, salt + 1) as spoiled, one_in(4000, i, salt + 2) as unknown from month_of(year, month, k));

create macro electricity(year, month, k) as table
with account as (
    select *, i * 2 + a as account, one_in(2000, i * 2 + a, salt + 3) as spoiled
    from (select *, unnest(range(accounts)) as a from month_of(year, month, k))
)

select
    (row_number() over (order by account) + 1)::int as row_number,
    '33' || lpad(account::varchar, 8, '0') as account_no, name_now as account_name,
    case when draw(account, 40) < 0.3 or not above_scale(i, k) then code_now end as credit_code,
    case
        when not spoiled then exact((year_kcny * 30 * (now - before) / accounts * (0.5 + draw(account, 41)) + 1)::bigint)
    end as electricity_kwh,
    case when spoiled then 'electricity_kwh' end as bad_column, case when spoiled then '待核' end as bad_text,
    false as is_unknown
from account
where not one_in(400, account, salt + 4);

create macro industry(year, month, k) as table
select
    (row_number() over (order by i) + 1)::int as row_number, code_now as credit_code, name_now as enterprise_name,
    exact((year_kcny * 4.2 * now)::bigint) as output_value_kcny,
    case when not spoiled then exact((year_kcny * now)::bigint) end as value_added_kcny,
    exact((year_kcny * 4 * now)::bigint) as revenue_kcny,
    case when not one_in(50, i, salt + 5) then exact((year_kcny * 0.25 * now)::bigint) end as profit_kcny,
    exact(case when does_rd then (year_kcny * 0.1 * now)::bigint else 0 end) as rd_expense_kcny,
    exact(staff + (mixed(i, salt + 6) % 3)::int) as staff_avg,
    case when spoiled then 'value_added_kcny' end as bad_column, case when spoiled then '待核' end as bad_text,
    false as is_unknown
from (select *, one_in(2000, i, salt + 7) as spoiled from month_of(year, month, k))
where above_scale(i, k);

-- `part`: of each fuel, the share of those who use fuel and burn it.
create macro burnt(i, salt, part, figure) as case when draw(i, salt) < part then round2(figure) end;

create macro fuel(year, month, k) as table
select
    (row_number() over (order by i) + 3)::int as row_number, code_now as credit_code, name_now as enterprise_name,
    burnt(i, 50, 0.3, year_kcny * 0.02 * now) as raw_coal_ytd_t,
    burnt(i, 50, 0.3, year_kcny * 0.001) as raw_coal_stock_t,
    burnt(i, 51, 0.6, year_kcny * 0.002 * now) as natural_gas_ytd_10km3,
    burnt(i, 51, 0.6, 0) as natural_gas_stock_10km3,
    burnt(i, 52, 0.3, year_kcny * 0.0004 * now) as diesel_ytd_t,
    burnt(i, 52, 0.3, year_kcny * 0.00002) as diesel_stock_t,
    burnt(i, 53, 0.2, year_kcny * 0.0002 * now) as gasoline_ytd_t,
    burnt(i, 53, 0.2, year_kcny * 0.00001) as gasoline_stock_t,
    burnt(i, 54, 0.4, year_kcny * 0.01 * now) as steam_lp_ytd_t, burnt(i, 54, 0.4, 0) as steam_lp_stock_t,
    burnt(i, 55, 0.1, year_kcny * 0.05 * now) as heat_equiv_ytd_gj, burnt(i, 55, 0.1, 0) as heat_equiv_stock_gj,
    null::varchar as bad_column, null::varchar as bad_text, false as is_unknown
from month_of(year, month, k)
where uses_fuel and above_scale(i, k) and not one_in(300, i, salt + 8);

create macro population(year, k) as table
select
    (row_number() over (order by town.code) + 1)::int as row_number, town.code as town_code, town.name as town_name,
    exact((people * (1 + 0.005 * k))::bigint) as resident_population, exact((people * 0.9)::bigint) as registered_population,
    null::varchar as bad_column, null::varchar as bad_text, false as is_unknown
from (
    select unnest(getvariable('towns')) as town, (select count(*) * 600 from enterprise) / len(getvariable('towns')) as people
);

create macro price_index(first_year, last_year) as table
select
    (row_number() over (order by y) + 1)::int as row_number, exact(y) as year,
    exact(100 + (y - first_year) * 1.5::decimal(4, 1)) as deflator_2020_100,
    null::varchar as bad_column, null::varchar as bad_text, false as is_unknown
from (select unnest(range(first_year::bigint, last_year::bigint + 1)) as y);
