with files as (

    select * from {{ ref('stg_github__pull_request_files') }}

),

-- The same file is in many pull requests: each path is judged once.
paths as (

    select
        file_path,
        string_split(lower(file_path), '/') as path_parts
    from (select distinct file_path from files)

),

-- What a pattern of the seed can be equal to: the file's name, its ends, the folders above it.
-- Equality, because a pattern per row would be compiled for each file.
named_paths as (

    select
        file_path,
        path_parts[-1] as file_name,
        list_transform(path_parts[:-2], lambda part: part || '/') as folder_names
    from paths

),

patterns as (

    select list(lower(pattern)) as patterns
    from {{ ref('excluded_paths') }}

),

judged_paths as (

    select
        named_paths.file_path,
        coalesce(
            list_contains(patterns.patterns, named_paths.file_name)
            or list_has_any(patterns.patterns, named_paths.folder_names)
            or list_has_any(
                patterns.patterns,
                list_transform(
                    list_filter(
                        generate_series(1, length(named_paths.file_name)),
                        lambda place: named_paths.file_name[place] in ('.', '_')
                    ),
                    lambda place: '*' || named_paths.file_name[place:]
                )
            ),
            false
        ) as is_excluded
    from named_paths
    cross join patterns

),

judged_files as (

    select
        files.repository_id,
        files.pull_request_number,
        files.lines_added,
        files.lines_removed,
        judged_paths.is_excluded
    from files
    inner join judged_paths on files.file_path is not distinct from judged_paths.file_path

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
