{# Milestones of a project's life, each with a date column `<id>_on` in the mart `project` (seed milestone). #}
{% macro milestone_ids() -%}
    {{ return(['signed', 'landed', 'started', 'completed', 'in_production', 'above_scale', 'full_capacity']) }}
{%- endmacro %}
