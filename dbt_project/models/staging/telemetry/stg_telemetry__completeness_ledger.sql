{{ ledger_rows("raw_telemetry") }}
