-- Friendly views of a release, for people who type SQL. Every statement stands alone; the tables lie in `marts`.
create view scoreboard as
select
    c.name_zh as campaign, i.name_zh as target, p.light, p.value, i.comparator, p.target_value, i.unit,
    p.achieved_share, p.elapsed_share, p.status, n.gap_per_month, f.forecast, f.backtest_error, p.period, i.lead_unit,
    i.binding, i.caveat, p.target_id
from marts.indicator_progress as p
inner join marts.indicator as i on p.target_id = i.target_id
inner join marts.campaign as c on p.target_id = c.target_id
left join marts.indicator_need as n
    on p.target_id = n.target_id and p.period = n.period and n.breakdown = 'county'
left join marts.indicator_forecast as f on p.target_id = f.target_id and p.period = f.period
qualify row_number() over (partition by p.target_id order by p.period desc) = 1
order by c.sort_order, p.target_id;
comment on view scoreboard is '目标进度：每个目标最近一期 / Every target at its latest month, by campaign';
comment on column scoreboard.campaign is '攻坚行动 / Campaign of the plan';
comment on column scoreboard.target is '目标名称 / Name of the target';
comment on column scoreboard.light is '灯：green 绿，yellow 黄，red 红，grey 灰 / Light';
comment on column scoreboard.value is '数值 / Value [unit]';
comment on column scoreboard.comparator is '与目标值的比较 / How the value is held against the target value';
comment on column scoreboard.target_value is '目标值 / Target value [unit]';
comment on column scoreboard.unit is '单位 / Unit of value, target value, forecast';
comment on column scoreboard.achieved_share is '完成率，1 为达标 / Share of the way done, 1 when met [share]';
comment on column scoreboard.elapsed_share is '时序进度 / Share of the time gone [share]';
comment on column scoreboard.status is '状态 / Status, as on_track, behind, achieved';
comment on column scoreboard.gap_per_month is '余下每月还需 / Still needed in each month that remains [unit; percentage points where that is %]';
comment on column scoreboard.forecast is '到期预测 / Forecast to the deadline [unit]';
comment on column scoreboard.backtest_error is '预测的回测误差 / Mean error of the forecast on the past [unit]';
comment on column scoreboard.period is '月份 / Month, YYYY-MM';
comment on column scoreboard.lead_unit is '牵头单位 / Lead unit';
comment on column scoreboard.binding is 'binding 约束性，soft 力争 / Binding or aspired';
comment on column scoreboard.caveat is '说明 / Caveats';
comment on column scoreboard.target_id is '目标编号 / Target';

create view latest as
select v.indicator_id, i.name_zh, v.value, i.unit, v.period, v.rolling12_value, v.coverage
from marts.indicator_value as v
inner join marts.indicator as i on v.indicator_id = i.target_id
where v.breakdown = 'county' and v.value is not null
qualify row_number() over (partition by v.indicator_id order by v.period desc) = 1
order by v.indicator_id;
comment on view latest is '全县各指标最近已知数值 / The latest known county value of every indicator';
comment on column latest.indicator_id is '指标编号 / Indicator';
comment on column latest.name_zh is '指标名称 / Name of the indicator';
comment on column latest.value is '数值，当年累计 / Value, of the year to date [unit]';
comment on column latest.unit is '单位 / Unit of the values';
comment on column latest.period is '月份 / Month, YYYY-MM';
comment on column latest.rolling12_value is '滚动12个月的数值 / Value over the last twelve months [unit]';
comment on column latest.coverage is '两项均已知的企业数占比 / Share of the enterprises in scope for which both sides are known [0–1]';

create view by_town as
select v.indicator_id, v.period, d.name_zh as town, v.value, r.rank, v.n_enterprises, v.breakdown_code as town_code
from marts.indicator_value as v
inner join marts.dimension as d on v.breakdown = d.breakdown and v.breakdown_code = d.breakdown_code
left join marts.area_ranking as r
    on v.indicator_id = r.indicator_id and v.period = r.period
    and v.breakdown = r.breakdown and v.breakdown_code = r.breakdown_code
where v.breakdown = 'town'
order by v.indicator_id, v.period, v.breakdown_code;
comment on view by_town is '乡镇数值与名次 / Values of the towns with their names and ranks';
comment on column by_town.indicator_id is '指标编号 / Indicator';
comment on column by_town.period is '月份 / Month, YYYY-MM';
comment on column by_town.town is '乡镇（街道） / Town or subdistrict';
comment on column by_town.value is '数值 / Value [unit in marts.indicator]';
comment on column by_town.rank is '名次，1 最优，空为不排名 / Rank, 1 is best, empty where not ranked [名 place]';
comment on column by_town.n_enterprises is '参与计算的企业数 / Enterprises that contribute [家 enterprises]';
comment on column by_town.town_code is '乡镇代码 / Code of the town';

create view by_industry as
select v.indicator_id, v.period, d.name_zh as division, v.value, v.n_enterprises, v.breakdown_code as division_code
from marts.indicator_value as v
inner join marts.dimension as d on v.breakdown = d.breakdown and v.breakdown_code = d.breakdown_code
where v.breakdown = 'industry'
order by v.indicator_id, v.period, v.breakdown_code;
comment on view by_industry is '行业大类数值 / Values of the industry divisions with their names';
comment on column by_industry.indicator_id is '指标编号 / Indicator';
comment on column by_industry.period is '月份 / Month, YYYY-MM';
comment on column by_industry.division is '行业大类 / Industry division (GB/T 4754)';
comment on column by_industry.value is '数值 / Value [unit in marts.indicator]';
comment on column by_industry.n_enterprises is '参与计算的企业数 / Enterprises that contribute [家 enterprises]';
comment on column by_industry.division_code is '行业大类代码 / Code of the division';

-- Twelve hexadecimal digits that name a figure: of what it is alone, so the same in every release.
create macro passport_id(indicator_id, period, breakdown, breakdown_code) as
substr(sha256(concat_ws('|', indicator_id, period, breakdown, breakdown_code)), 1, 12);
comment on macro passport_id is '数字护照编号 / Id of a figure, the name of its passport';
