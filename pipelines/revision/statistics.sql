-- How far figures moved from their first to their latest publication (revision analysis as OECD and Eurostat define it),
-- over every figure known both times, the unrevised ones too. A first value is that of the first release that knew it.
create view audit.revision_statistics as
with
revised as (
    select
        indicator_id, period, breakdown, breakdown_code,
        -- a figure that was filled once and never again has no known value before
        coalesce(arg_min(value_before, release_before), arg_min(value_now, release_before)) as first_value,
        count(*) filter (where value_before is not null and value_now is not null) as n_changes,
        count(*) filter (where value_before is null) as n_filled,
        count(*) filter (where value_now is null) as n_withdrawn
    from audit.revision_history
    group by indicator_id, period, breakdown, breakdown_code
),
figures as (
    select
        indicator_id, breakdown, v.value as latest, coalesce(r.first_value, v.value) as first_value,
        coalesce(r.n_changes, 0) as n_changes, coalesce(r.n_filled, 0) as n_filled,
        coalesce(r.n_withdrawn, 0) as n_withdrawn
    from marts.indicator_value as v
    full join revised as r using (indicator_id, period, breakdown, breakdown_code)
),
moved as (
    select *, latest - first_value as revision from figures
)
select
    indicator_id, breakdown,
    count(revision) as n_figures,
    count(*) filter (where n_changes > 0) as n_revised,
    cast(sum(n_changes) as bigint) as n_revisions,
    cast(sum(n_filled) as bigint) as n_filled,
    cast(sum(n_withdrawn) as bigint) as n_withdrawn,
    favg(revision) as mean_revision,
    favg(abs(revision)) as mean_absolute_revision,
    fsum(revision) / nullif(fsum(abs(latest)) filter (where revision is not null), 0) as relative_mean_revision,
    fsum(abs(revision)) / nullif(fsum(abs(latest)) filter (where revision is not null), 0)
        as relative_mean_absolute_revision,
    max(abs(revision)) as largest_absolute_revision
from moved
group by indicator_id, breakdown
order by indicator_id, breakdown;
comment on view audit.revision_statistics is
'修订统计：首次发布到最近发布的变动 / How far figures moved from their first to their latest publication';
comment on column audit.revision_statistics.indicator_id is '指标编号 / Indicator';
comment on column audit.revision_statistics.breakdown is '口径 / Breakdown: county, town, platform, industry';
comment on column audit.revision_statistics.n_figures is
'首次与最近数值均已知的数值个数 n，含未修订的 / Figures known at first and now, n, the unrevised ones too [个 figures]';
comment on column audit.revision_statistics.n_revised is '修订过的数值个数 / Figures that ever changed [个 figures]';
comment on column audit.revision_statistics.n_revisions is '修订次数 / Changes from a known value to another [次 times]';
comment on column audit.revision_statistics.n_filled is '由未知变为已知的次数 / Unknown figures that became known [次 times]';
comment on column audit.revision_statistics.n_withdrawn is '由已知变为未知的次数 / Known figures that became unknown [次 times]';
comment on column audit.revision_statistics.mean_revision is
'平均修订 MR = Σ(最近 − 首次) ÷ n / Mean revision, latest less first [unit of the indicator]';
comment on column audit.revision_statistics.mean_absolute_revision is
'平均绝对修订 MAR = Σ|最近 − 首次| ÷ n / Mean absolute revision [unit of the indicator]';
comment on column audit.revision_statistics.relative_mean_revision is
'相对平均修订 RMR = Σ(最近 − 首次) ÷ Σ|最近| / Relative mean revision [share]';
comment on column audit.revision_statistics.relative_mean_absolute_revision is
'相对平均绝对修订 RMAR = Σ|最近 − 首次| ÷ Σ|最近| / Relative mean absolute revision [share]';
comment on column audit.revision_statistics.largest_absolute_revision is
'最大绝对修订 / Largest absolute revision [unit of the indicator]';
