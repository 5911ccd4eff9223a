-- A rule that names a measure nobody carries would publish nothing: the names are those of macros/measures.sql.
-- noqa: disable=LT05
with

named as (
    select indicator_id, numerator as measure, 'enterprise' as kind from {{ ref('rule_enterprise_ratio') }}
    union all
    select indicator_id, denominator as measure, 'enterprise' as kind from {{ ref('rule_enterprise_ratio') }}
    union all
    select indicator_id, numerator as measure, 'rolling' as kind
    from {{ ref('rule_enterprise_ratio') }}
    where has_rolling12
    union all
    select indicator_id, numerator as measure, 'project' as kind from {{ ref('rule_project') }}
    union all
    select indicator_id, denominator as measure, 'project' as kind
    from {{ ref('rule_project') }}
    where result = 'ratio'
    union all
    select indicator_id, numerator as measure, 'prior' as kind from {{ ref('rule_project') }} where result = 'growth'
    union all
    select indicator_id, threshold_column as measure, 'amount' as kind
    from {{ ref('rule_project') }}
    where threshold_column is not null
)

select indicator_id, kind, measure
from named
where
    measure is null
    or not case kind
        when 'enterprise' then measure in ('{{ enterprise_measures().keys() | join("', '") }}')
        when 'rolling' then measure in ('{{ rolling12_measures() | join("', '") }}')
        when 'project' then measure in ('{{ project_measures().keys() | join("', '") }}')
        when 'prior' then measure in ('{{ project_prior_measures().keys() | join("', '") }}')
        when 'amount' then measure in ('{{ project_amounts().keys() | join("', '") }}')
    end
