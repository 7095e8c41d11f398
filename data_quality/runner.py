"""Run suites against a warehouse and return one result per check.

Belongs here: Great Expectations itself, imported where it is used because that takes seconds, and
the translation of its results. Does not belong here: what is checked, or what follows from it.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_quality.checks import (
    Check,
    CheckResult,
    ExpectationCheck,
    MetadataValue,
    RowsCheck,
    Suite,
)
from data_quality.engine import connection_string, engine_arguments, prepare_engine
from data_quality.errors import CheckError, mask
from data_quality.kept_sums import DATABASE, statements
from data_quality.raw_summaries import KEPT, RAW_SUMMARIES
from data_quality.suites import SUITES

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.interfaces import Batch
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

SCHEMA = "marts"
# What GX looks at: a mart, and a row for each that a query of rows found failing.
_MART, _BREACHES = "looked_at_mart", "failing_rows"
_EXAMPLES = 5
# Of each query, since GX fetches what it finds; the true number is counted apart.
_FETCHED_ROWS = 100


def run_suite(warehouse_path: str | Path, suite: Suite) -> list[CheckResult]:
    """Return the results of one suite's checks, in their order. See ``run_suites``."""
    return run_suites(warehouse_path, (suite,))


def run_suites(
    warehouse_path: str | Path,
    suites: Sequence[Suite] = SUITES,
    *,
    sums_path: str | Path | None = None,
) -> list[CheckResult]:
    """Return one result per check of ``suites``, in their order.

    The warehouse is opened read only and closed again before this returns. Several suites in one
    call share what is parsed from the raw answers.

    Args:
        sums_path: a file that keeps what was summed of the raw answers from one call to the next,
            so that only new ones are parsed; made when it is not there.

    Raises:
        CheckError: the warehouse, a table or a column is missing, or a query does not run.
    """
    path = Path(warehouse_path).resolve()
    if not path.is_file():
        raise CheckError(f"there is no warehouse at {path}")
    with _session(path, ":memory:" if sums_path is None else str(sums_path)) as session:
        return session.run(suites)


def import_meanwhile() -> None:
    """Import Great Expectations in a thread: seconds, while this process waits for another."""
    threading.Thread(target=_imported).start()


def _imported() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when GX is imported
    with warnings.catch_warnings():
        # Of GX and the dialect, about types and data sources they do not know by name.
        warnings.simplefilter("ignore")
        import great_expectations
        import great_expectations.expectations

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return great_expectations


@contextmanager
def _session(warehouse_path: Path, sums_path: str) -> Iterator[_Session]:
    great_expectations = _imported()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Any: GX's stubs lack `kwargs` of its own `add_sql`.
        context: Any = great_expectations.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        # GX opens one connection for itself, to try it, and one for the work.
        engines: list[Engine] = []
        try:
            datasource = context.data_sources.add_sql(
                name="warehouse",
                connection_string=connection_string(warehouse_path),
                kwargs=engine_arguments(),
            )
            engines.append(datasource.get_engine())
            engines.append(datasource.get_execution_engine().engine)
            prepare_engine(engines[-1])
            session = _Session(context, datasource, engines[-1])
            session.attach(sums_path)
            yield session
        except CheckError:
            raise
        except Exception as error:
            raise CheckError(f"the checks could not be run: {_one_line(error)}") from None
        finally:
            for engine in engines:
                engine.dispose()


@dataclass
class _Session:
    """One GX context on one warehouse, with the raw summaries that were built so far."""

    context: Any
    datasource: Any
    engine: Engine

    def __post_init__(self) -> None:
        self._built: set[str] = set()
        self._batches: dict[str, Batch] = {}
        self._execute(f"create temp table {_BREACHES} (check_name varchar)", what=_BREACHES)

    def attach(self, sums_path: str) -> None:
        file = sums_path.replace("'", "''")
        self._execute(
            f"attach '{file}' as {DATABASE} (read_write)", what="what is kept of the raw answers"
        )

    def run(self, suites: Sequence[Suite]) -> list[CheckResult]:
        """Run the checks suite by suite; judge all queries of rows together at the end."""
        results: dict[tuple[str, str], CheckResult] = {}
        for suite in suites:
            for check in suite.checks:
                self._build_summaries(check.sql())
            results |= self._run_expectations(suite)
            for check in suite.checks:
                if isinstance(check, RowsCheck):
                    results[suite.table, check.name] = self._run_rows(suite, check)
        self._confirm_rows(suites, results)
        ordered = [results[suite.table, check.name] for suite in suites for check in suite.checks]
        for result in ordered:
            if not result.passed:
                logger.info("%s: %s does not hold", result.table, result.name)
        return ordered

    def _build_summaries(self, sql: str) -> None:
        for name, parts in KEPT.items():
            if name not in self._built and re.search(rf"\b{DATABASE}\.{name}\b", sql):
                self._build_summaries(" ".join(one.wanted for one in parts.values()))
                self._bring_in_line(name)
                self._built.add(name)
        for name, query in RAW_SUMMARIES.items():
            if name not in self._built and re.search(rf"\b{name}\b", sql):
                self._build_summaries(query)
                self._execute(f"create temp table {name} as {query}", what=name)
                self._built.add(name)

    def _bring_in_line(self, name: str) -> None:
        found = self._execute(
            f"select comment from duckdb_tables() where database_name = '{DATABASE}'"
            f" and table_name = '{name}'",
            what=name,
        )
        for statement in statements(name, KEPT[name], found[0]["comment"] if found else None):
            self._execute(statement, what=name)

    def _run_expectations(self, suite: Suite) -> dict[tuple[str, str], CheckResult]:
        """Validate the suite's GX expectations in one batch, so that GX can join their queries."""
        checks = {one.name: one for one in suite.checks if isinstance(one, ExpectationCheck)}
        arguments = {name: self._arguments(suite, check) for name, check in checks.items()}
        table = f"{SCHEMA}.{suite.table}"
        count = int(self._execute(f"select count(*) as n from {table}", what=table)[0]["n"])
        if not checks:
            return {}
        # One name for all marts: GX writes its configuration out for each name.
        self._execute(f"create or replace temp view {_MART} as from {table}", what=table)
        batch = self._batch(_MART)
        found = self._validate(batch, suite.table, [(checks[n], arguments[n]) for n in checks])
        return {
            (suite.table, name): self._expectation_result(
                suite, checks[name], arguments[name], batch, count, one
            )
            for name, one in found.items()
        }

    def _expectation_result(
        self,
        suite: Suite,
        check: ExpectationCheck,
        arguments: Mapping[str, Any],
        batch: Batch,
        count: int,
        found: Any,
    ) -> CheckResult:
        passed = bool(found.success)
        metadata: dict[str, MetadataValue] = {
            "rows_looked_at": count,
            "rows_failing": int(found.result.get("unexpected_count") or 0),
        }
        observed = found.result.get("observed_value")
        if observed is not None:
            metadata["observed_value"] = _plain(observed)
        if limits := {key: value for key, value in arguments.items() if value is not None}:
            metadata["expected"] = mask(_example(limits))
        if not passed and found.result.get("unexpected_count") and suite.keys:
            metadata["examples"] = self._failing_keys(suite, check, arguments, batch)
        return _result(suite, check, passed, metadata)

    def _failing_keys(
        self, suite: Suite, check: ExpectationCheck, arguments: Mapping[str, Any], batch: Batch
    ) -> list[str]:
        """Ask GX again, this time for the keys of a few rows that fail."""
        result_format = {
            "result_format": "SUMMARY",
            "unexpected_index_column_names": list(suite.keys),
            "partial_unexpected_count": _EXAMPLES,
        }
        found = self._validate(
            batch, f"{suite.table}.{check.name}", [(check, arguments)], result_format
        )[check.name]
        rows = found.result.get("partial_unexpected_index_list") or []
        return [mask(_example(row)) for row in rows[:_EXAMPLES]]

    def _run_rows(self, suite: Suite, check: RowsCheck) -> CheckResult:
        """Run the query once into a temporary table; keep a few of its failing rows for GX."""
        name = f"rows_of_{suite.table}_{check.name}"
        self._execute(f"create temp table {name} as {check.rows}", what=check.name)
        counts = self._execute(
            f"select count(*) as looked_at, count(*) filter (holds is not true) as failing"
            f" from {name}",
            what=check.name,
        )[0]
        metadata: dict[str, MetadataValue] = {
            "rows_looked_at": int(counts["looked_at"]),
            "rows_failing": int(counts["failing"]),
        }
        self._execute(
            f"insert into {_BREACHES} select '{suite.table}.{check.name}' from {name}"
            f" where holds is not true limit {_FETCHED_ROWS}",
            what=check.name,
        )
        passed = counts["failing"] == 0
        if not passed:
            examples = self._execute(
                f"select * exclude (holds) from {name} where holds is not true"
                f" order by all limit {_EXAMPLES}",
                what=check.name,
            )
            metadata["examples"] = [mask(_example(row)) for row in examples]
        self._execute(f"drop table {name}", what=check.name)
        return _result(suite, check, passed, metadata)

    def _confirm_rows(
        self, suites: Sequence[Suite], results: Mapping[tuple[str, str], CheckResult]
    ) -> None:
        """Have GX judge the queries of rows, all in one validation, as the counts did."""
        checks = {
            f"{suite.table}.{check.name}": check
            for suite in suites
            for check in suite.checks
            if isinstance(check, RowsCheck)
        }
        if not checks:
            return
        passed = {f"{table}.{name}": one.passed for (table, name), one in results.items()}
        batch = self._batch(_BREACHES)
        wanted = [_of_rows(name) for name in checks]
        for name, one in self._validated(batch, _BREACHES, wanted).items():
            if bool(one.success) != passed[name]:
                raise CheckError(f"{name}: GX and the count of rows disagree")

    def _arguments(self, suite: Suite, check: ExpectationCheck) -> dict[str, Any]:
        arguments = dict(check.arguments)
        if check.arguments_sql:
            rows = self._execute(check.arguments_sql, what=f"{suite.table}.{check.name}")
            if len(rows) != 1:
                raise CheckError(f"{suite.table}.{check.name}: limits come as {len(rows)} rows")
            arguments |= rows[0]
        return arguments

    def _batch(self, name: str) -> Batch:
        """Return the batch of a temporary table or view, as it is when it is looked at."""
        if name not in self._batches:
            asset = self.datasource.add_query_asset(name=name, query=f"select * from {name}")
            self._batches[name] = asset.add_batch_definition_whole_table("all").get_batch()
        return self._batches[name]

    def _validate(
        self,
        batch: Batch,
        name: str,
        checks: Sequence[tuple[ExpectationCheck, Mapping[str, Any]]],
        result_format: Any = "BASIC",
    ) -> dict[str, Any]:
        """Return GX's result of each check by name."""
        return self._validated(batch, name, [_expectation(*one) for one in checks], result_format)

    def _validated(
        self, batch: Batch, name: str, expectations: Sequence[Any], result_format: Any = "BASIC"
    ) -> dict[str, Any]:
        import great_expectations

        suite = self.context.suites.add(
            great_expectations.ExpectationSuite(name=name, expectations=list(expectations))
        )
        validation = batch.validate(suite, result_format=result_format)
        found = {one.expectation_config.meta["check"]: one for one in validation.results}
        for check_name, one in found.items():
            if error := _exception_in(one.exception_info):
                raise CheckError(f"{name}: {check_name} is broken: {error}")
        if missing := {one.meta["check"] for one in expectations} - found.keys():
            raise CheckError(f"{name}: no result for {sorted(missing)}")
        return found

    def _execute(self, sql: str, *, what: str) -> list[dict[str, Any]]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self.engine.begin() as connection:
                # To the driver as it is: SQLAlchemy would read `:x` in it as a parameter.
                result = connection.exec_driver_sql(sql)
                return [dict(row) for row in result.mappings()] if result.returns_rows else []
        except SQLAlchemyError as error:
            raise CheckError(f"{what} cannot be checked: {_one_line(error)}") from None


def _expectation(check: ExpectationCheck, arguments: Mapping[str, Any]) -> Any:
    import great_expectations.expectations

    expectations: Any = great_expectations.expectations
    return getattr(expectations, check.expectation)(**arguments, meta={"check": check.name})


def _of_rows(name: str) -> Any:
    import great_expectations.expectations

    expectations: Any = great_expectations.expectations
    return expectations.UnexpectedRowsExpectation(
        unexpected_rows_query=f"select * from {{batch}} where check_name = '{name}'",
        meta={"check": name},
    )


def _result(
    suite: Suite, check: Check, passed: bool, metadata: Mapping[str, MetadataValue]
) -> CheckResult:
    return CheckResult(
        table=suite.table,
        name=check.name,
        passed=passed,
        severity=check.severity,
        blocking=check.blocking,
        metadata=metadata,
    )


def _exception_in(exception_info: Mapping[str, Any]) -> str:
    """Return the first exception of a GX result, or nothing.

    GX gives one flat record, or one record per metric that raised.
    """
    nested = [one for one in exception_info.values() if isinstance(one, Mapping)]
    for one in nested or [exception_info]:
        if one.get("raised_exception"):
            return _one_line(one.get("exception_message") or "no message")
    return ""


def _one_line(error: object) -> str:
    """Return the first line of a message, without mail addresses, the query and quoted input.

    DuckDB quotes the body it could not read, and bodies hold what people wrote.
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return mask(re.split(r"\{|Input: ", lines[0])[0])[:300].strip()


def _example(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={_plain(value)}" for key, value in row.items())


def _plain(value: Any) -> str | int | float | bool:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
