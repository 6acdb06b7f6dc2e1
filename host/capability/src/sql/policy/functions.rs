//! Functions a guest may call: those that only compute from their arguments.

/// Whether a function of this name (in lower case) may be called.
///
/// Nothing here reads files or other tables, changes settings, sleeps, grows its result
/// without bound, or tells who and where the server is.
pub(super) fn allowed(name: &str) -> bool {
    matches!(
        name,
        // Aggregates and windows.
        "count" | "min" | "max" | "sum" | "avg" | "row_number" | "rank" | "dense_rank"
        // Text.
        | "lower" | "upper" | "trim" | "rtrim" | "ltrim" | "btrim" | "length" | "len" | "char_length"
        | "character_length" | "octet_length" | "substr" | "substring" | "left" | "right" | "replace"
        | "instr" | "strpos" | "position" | "charindex" | "concat" | "concat_ws" | "starts_with"
        | "locate" | "initcap" | "hex" | "unicode" | "ascii" | "glob" | "like"
        // Numbers.
        | "abs" | "round" | "ceil" | "ceiling" | "floor" | "mod" | "sign"
        // Choice and type.
        | "if" | "coalesce" | "ifnull" | "isnull" | "nullif" | "iif" | "greatest" | "least" | "cast" | "typeof" | "exists"
        // Time.
        | "current_timestamp" | "current_date" | "current_time" | "localtime" | "localtimestamp" | "now"
        | "transaction_timestamp" | "statement_timestamp" | "clock_timestamp" | "date" | "time"
        | "datetime" | "julianday" | "unixepoch" | "strftime" | "date_trunc" | "date_part" | "extract"
        | "date_format" | "to_timestamp" | "getdate" | "getutcdate" | "sysdatetime" | "sysutcdatetime" | "utc_timestamp"
        // Of SQL Server.
        | "datalength" | "patindex" | "stuff" | "dateadd" | "datediff" | "datepart" | "sysdatetimeoffset"
        | "json_value" | "json_query" | "isjson"
        // Keys.
        | "gen_random_uuid" | "newid" | "uuid" | "last_insert_id" | "identity_val_local" | "current_identity_value"
        // Which changes are settled: numbers of transactions and versions, and nothing else.
        | "txid_current_snapshot" | "txid_snapshot_xmin" | "min_active_rowversion" | "change_tracking_current_version"
        // JSON, reading only.
        | "json_extract" | "json_length" | "json_unquote" | "json_valid" | "json_type" | "json_array_length" | "jsonb_array_length"
        | "jsonb_typeof" | "json_typeof"
    )
}

/// Words that call a function without parentheses and tell who or where the server is.
/// Unquoted, PostgreSQL takes them for that; the parser takes some for column names.
pub(super) fn is_revealing_word(word: &str) -> bool {
    matches!(
        word,
        "current_user"
            | "current_role"
            | "current_schema"
            | "current_catalog"
            | "session_user"
            | "system_user"
            | "user"
    )
}
