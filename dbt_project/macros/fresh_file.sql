{# A build writes into a fresh DuckDB file that nobody reads before it is whole. So a table or view is created under its
   own name at once: dbt's own materializations create another, move the old one away, rename and drop, four statements
   a model for readers who are not there. #}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
  {%- set relation = this.incorporate(type='table') -%}
  {% do drop_relation_if_exists(load_cached_relation(this)) %}
  {% call statement('main', language=model['language']) -%}
    {{- create_table_as(False, relation, compiled_code, model['language']) }}
  {%- endcall %}
  {% do persist_docs(relation, model) %}
  {% do adapter.commit() %}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
  {%- set relation = this.incorporate(type='view') -%}
  {% do drop_relation_if_exists(load_cached_relation(this)) %}
  {% call statement('main') -%}
    {{ get_create_view_as_sql(relation, sql) }}
  {%- endcall %}
  {% do persist_docs(relation, model) %}
  {% do adapter.commit() %}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{# Comments in one statement; that a described column exists is the contract's to say. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
  {% set comments -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
      {{ alter_relation_comment(relation, model.description) }}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
      {%- for name, column in model.columns.items() %}
        comment on column {{ relation }}.{{ name }} is {{ duckdb_escape_comment(column['description']) }};
      {%- endfor -%}
    {%- endif -%}
  {%- endset %}
  {% if comments | trim %}{% do run_query(comments) %}{% endif %}
{% endmacro %}
