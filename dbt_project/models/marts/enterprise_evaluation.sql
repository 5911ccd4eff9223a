{#- The evaluation (亩均论英雄) of every above-scale enterprise of a closed year, by the scheme of that year: score,
    place, class, and what moved it since the year before. Land unknown: class N, no score. -#}
with

enterprise as (
    select y.* from {{ ref('enterprise_year') }} as y
    where exists (select 1 from {{ ref('int_evaluation_rule') }} as r where y.year = r.year)
),

rule as (
    select * from {{ ref('int_evaluation_rule') }}
),

-- a scheme may add points for titles held at the end of the year, together no more than the largest cap it names
bonus as (
    select
        h.year,
        h.credit_code,
        case when sum(h.weight) > max(h.cap) then max(h.cap) else sum(h.weight) end as bonus
    from (
        select distinct r.year, t.credit_code, r.code, r.weight, r.cap
        from rule as r
        inner join {{ ref('enterprise_title') }} as t on r.code = t.title
        where
            r.part = 'bonus'
            and t.awarded_on <= make_date(r.year, 12, 31)
            and (t.valid_until is null or t.valid_until >= make_date(r.year, 12, 31))
    ) as h
    where h.credit_code is not null
    group by h.year, h.credit_code
),

-- the best class that is left to an enterprise by the vetoes that hit it
veto as (
    select
        y.year,
        y.credit_code,
        max(c.place) as best_place,
        {{ joined('r.name_zh', '；', ['r.place']) }} as vetoes
    from enterprise as y
    inner join rule as r on y.year = r.year and r.part = 'veto'
    inner join rule as c on r.year = c.year and c.part = 'class' and r.code = c.code
    where case r.comparator
        when '<' then {{ measured_ratio('r.numerator', 'r.denominator') }} < cast(r.threshold as double)
        when '>' then {{ measured_ratio('r.numerator', 'r.denominator') }} > cast(r.threshold as double)
    end
    group by y.year, y.credit_code
),

pivoted as (
    select
        year,
        credit_code,
        {%- for item in evaluation_items() %}
        max(case when item = '{{ item }}' then score end) as {{ item }},
        {%- endfor %}
        sum({{ decimal_of('score', 'decimal(38, 14)') }}) as item_score,
        {{ joined('case when is_listed_missing then item end', ';', ['place']) }} as missing
    from {{ ref('enterprise_evaluation_item') }}
    group by year, credit_code
),

scored as (
    select
        y.year,
        y.credit_code,
        y.enterprise_name,
        y.town_code,
        y.platform_code,
        y.division,
        y.land_in_use_mu is not null as is_evaluated,
        {%- for item in evaluation_items() %}
        p.{{ item }},
        {%- endfor %}
        p.missing,
        case when p.item_score is not null then coalesce(b.bonus, 0) end as bonus,
        v.vetoes,
        v.best_place,
        cast(p.item_score + coalesce(b.bonus, 0) as double) as score
    from enterprise as y
    left join pivoted as p on y.year = p.year and y.credit_code = p.credit_code
    left join bonus as b on y.year = b.year and y.credit_code = b.credit_code
    left join veto as v on y.year = v.year and y.credit_code = v.credit_code
),

placed as (
    select
        *,
        case when is_evaluated then
            rank() over (partition by year, is_evaluated order by score desc nulls last)
        end as place,
        count(score) over (partition by year) as n_evaluated,
        case when is_evaluated then
            rank() over (partition by year, division, is_evaluated order by score desc nulls last)
        end as place_in_division,
        count(score) over (partition by year, division) as n_in_division
    from scored
),

classed as (
    select
        p.year,
        p.credit_code,
        min(c.place) as class_place
    from placed as p
    inner join rule as c on p.year = c.year and c.part = 'class'
    where p.place <= ceil(p.n_evaluated * c.threshold)
    group by p.year, p.credit_code
),

judged as (
    select
        p.*,
        coalesce(r.code, 'N') as class
    from placed as p
    left join classed as c on p.year = c.year and p.credit_code = c.credit_code
    left join rule as r
        on p.year = r.year and r.part = 'class'
        and r.place = case when p.best_place > c.class_place then p.best_place else c.class_place end
),

-- how far each item moved the score since the year before, the largest move first
moved as (
    select
        year,
        credit_code,
        {{ joined("item || ' ' || case when change > 0 then '+' else '' end || cast(change as string)", ';', ['nth']) }}
            as moved_by
    from (
        select
            i.year,
            i.credit_code,
            i.item,
            {{ decimal_of('i.score - b.score', 'decimal(18, 2)') }} as change,
            row_number() over (
                partition by i.year, i.credit_code order by abs(i.score - b.score) desc, i.place nulls last
            ) as nth
        from {{ ref('enterprise_evaluation_item') }} as i
        inner join {{ ref('enterprise_evaluation_item') }} as b
            on i.year = b.year + 1 and i.credit_code = b.credit_code and i.item = b.item
    ) as c
    where change <> 0
    group by year, credit_code
)

select
    cast(j.year as integer) as year,
    cast(j.credit_code as string) as credit_code,
    cast(j.enterprise_name as string) as enterprise_name,
    cast(j.town_code as string) as town_code,
    cast(j.platform_code as string) as platform_code,
    cast(j.division as string) as division,
    cast(s.scheme_id as string) as scheme_id,
    j.score,
    cast(j.class as string) as class,
    {%- for item in evaluation_items() %}
    cast(j.{{ item }} as double) as {{ item }},
    {%- endfor %}
    cast(j.missing as string) as missing,
    cast(j.bonus as double) as bonus,
    cast(j.vetoes as string) as vetoes,
    cast(j.place as integer) as rank,
    cast(case when j.is_evaluated then j.n_evaluated end as integer) as n_evaluated,
    cast(j.place_in_division as integer) as rank_in_division,
    cast(case when j.is_evaluated then j.n_in_division end as integer) as n_in_division,
    cast(b.class as string) as prior_class,
    j.score - b.score as score_change,
    cast(m.moved_by as string) as moved_by
from judged as j
inner join rule as s on j.year = s.year and s.part = 'scheme'
left join judged as b on j.year = b.year + 1 and j.credit_code = b.credit_code
left join moved as m on j.year = m.year and j.credit_code = m.credit_code
