{#- Until when a list that replaces itself (patents, projects) answers: the month of the newest drop in force, or
    without an end where the list was pulled and carries no date. No row: never delivered. -#}
select
    source,
    max(coalesce(substr(period, 1, 7), '9999-12')) as known_until
from {{ ref('stg_delivery') }}
where source in ('patent', 'investment') and is_in_force
group by source
