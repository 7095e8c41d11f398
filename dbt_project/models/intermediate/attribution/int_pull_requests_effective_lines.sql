with files as (

    select
        repository_id,
        pull_request_number,
        lines_added,
        lines_removed,
        string_split(lower(file_path), '/') as path_parts
    from {{ ref('stg_github__pull_request_files') }}

),

-- What a pattern of the seed can be equal to: the file's name, its ends, the folders above it.
-- Equality, because a pattern per row would be compiled for each file.
named_files as (

    select
        repository_id,
        pull_request_number,
        lines_added,
        lines_removed,
        path_parts[-1] as file_name,
        list_transform(path_parts[:-2], lambda part: part || '/') as folder_names
    from files

),

patterns as (

    select list(lower(pattern)) as patterns
    from {{ ref('excluded_paths') }}

),

judged_files as (

    select
        named_files.repository_id,
        named_files.pull_request_number,
        named_files.lines_added,
        named_files.lines_removed,
        coalesce(
            list_contains(patterns.patterns, named_files.file_name)
            or list_has_any(patterns.patterns, named_files.folder_names)
            or list_has_any(
                patterns.patterns,
                list_transform(
                    list_filter(
                        generate_series(1, length(named_files.file_name)),
                        lambda place: named_files.file_name[place] in ('.', '_')
                    ),
                    lambda place: '*' || named_files.file_name[place:]
                )
            ),
            false
        ) as is_excluded
    from named_files
    cross join patterns

)

select
    repository_id,
    pull_request_number,
    count(*) as listed_file_count,
    count(*) filter (where is_excluded) as excluded_file_count,
    cast(coalesce(sum(lines_added) filter (where not is_excluded), 0) as bigint)
        as effective_lines_added,
    cast(coalesce(sum(lines_removed) filter (where not is_excluded), 0) as bigint)
        as effective_lines_removed,
    cast(coalesce(sum(lines_added) filter (where is_excluded), 0) as bigint)
        as excluded_lines_added,
    cast(coalesce(sum(lines_removed) filter (where is_excluded), 0) as bigint)
        as excluded_lines_removed
from judged_files
group by repository_id, pull_request_number
