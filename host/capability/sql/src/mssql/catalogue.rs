//! What SQL Server's catalogue says about tables, views and constraints.
//!
//! Numbers and truths are cast to `int` and names to `nvarchar`, so that every version of
//! the server sends the same types.

use patchbay_capability::sql::{ColumnInfo, ColumnKind, ForeignKey, Generation, TableInfo, UniqueKey, Value};
use tiberius::error::Error as Fault;

use super::client::{Found, Tds, rows};

/// With whether the name is found without its schema.
pub(crate) const TABLES: &str = "
    SELECT CAST(s.name AS nvarchar(128)), CAST(o.name AS nvarchar(128)),
           CAST(CASE WHEN o.object_id = OBJECT_ID(QUOTENAME(o.name)) THEN 1 ELSE 0 END AS int)
    FROM sys.objects AS o
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
    ORDER BY s.name, o.name";

/// One name, or a name in a schema.
pub(crate) const RELATION: &str = "
    SELECT CAST(o.object_id AS int), CAST(s.name AS nvarchar(128)), CAST(o.name AS nvarchar(128)),
           CAST(CASE WHEN o.type = 'V' THEN 1 ELSE 0 END AS int)
    FROM sys.objects AS o
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    WHERE o.type IN ('U', 'V') AND o.object_id = OBJECT_ID(";

/// Columns, with alias types followed down to the type below.
pub(crate) const COLUMNS: &str = "
    SELECT CAST(c.name AS nvarchar(128)),
           CAST(COALESCE(b.name, TYPE_NAME(c.user_type_id)) AS nvarchar(128)),
           CAST(c.max_length AS int), CAST(c.precision AS int), CAST(c.scale AS int),
           CAST(c.is_nullable AS int), CAST(c.is_identity AS int),
           CAST(CASE WHEN c.is_computed = 1
                       OR COLUMNPROPERTY(c.object_id, c.name, 'GeneratedAlwaysType') > 0
                     THEN 1 ELSE 0 END AS int),
           CAST(CASE WHEN c.default_object_id <> 0 THEN 1 ELSE 0 END AS int),
           CAST(CASE WHEN d.definition LIKE '%NEXT VALUE FOR%' THEN 1 ELSE 0 END AS int),
           CAST(c.collation_name AS nvarchar(128))
    FROM sys.columns AS c
    LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id
    LEFT JOIN sys.default_constraints AS d ON d.object_id = c.default_object_id
    WHERE c.object_id = @P1
    ORDER BY c.column_id";

/// Unique indexes that hold for every row.
pub(crate) const KEYS: &str = "
    SELECT CAST(i.name AS nvarchar(128)), CAST(i.is_primary_key AS int), CAST(c.name AS nvarchar(128))
    FROM sys.indexes AS i
    JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
    JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
    WHERE i.object_id = @P1 AND i.is_unique = 1 AND i.is_disabled = 0 AND i.is_hypothetical = 0 AND i.has_filter = 0
    ORDER BY i.index_id, k.key_ordinal";

pub(crate) const FOREIGN_KEYS: &str = "
    SELECT CAST(f.name AS nvarchar(128)), CAST(c.name AS nvarchar(128)),
           CAST(s.name AS nvarchar(128)), CAST(t.name AS nvarchar(128)),
           CAST(CASE WHEN t.object_id = OBJECT_ID(QUOTENAME(t.name)) THEN 1 ELSE 0 END AS int),
           CAST(r.name AS nvarchar(128))
    FROM sys.foreign_keys AS f
    JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id
    JOIN sys.columns AS c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
    JOIN sys.objects AS t ON t.object_id = f.referenced_object_id
    JOIN sys.schemas AS s ON s.schema_id = t.schema_id
    JOIN sys.columns AS r ON r.object_id = k.referenced_object_id AND r.column_id = k.referenced_column_id
    WHERE f.parent_object_id = @P1
    ORDER BY f.object_id, k.constraint_column_id";

/// Names of tables and views: with the schema, and also alone where they are found so.
pub(super) async fn tables(client: &mut Tds) -> Result<Vec<Vec<String>>, Fault> {
    let mut tables = Vec::new();
    for row in rows(client, TABLES, &[]).await? {
        let (schema, table) = (needed(&row, 0)?, needed(&row, 1)?);
        if row.truth(2) {
            tables.push(vec![table.clone()]);
        }
        tables.push(vec![schema, table]);
    }
    Ok(tables)
}

/// Everything about one table or view, if it exists.
pub(super) async fn describe(client: &mut Tds, name: &[String]) -> Result<Option<TableInfo>, Fault> {
    let (place, params) = match name {
        [table] => ("QUOTENAME(@P1))", vec![Value::Text(table.clone())]),
        [schema, table] => {
            ("QUOTENAME(@P1) + N'.' + QUOTENAME(@P2))", vec![Value::Text(schema.clone()), Value::Text(table.clone())])
        }
        _ => return Ok(None),
    };
    let found = rows(client, &format!("{RELATION}{place}"), &params).await?;
    let Some(relation) = found.first() else { return Ok(None) };
    let id = [Value::Integer(relation.number(0).into())];
    let mut info = TableInfo {
        name: vec![needed(relation, 2)?],
        view: relation.truth(3),
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        deferrable: false,
    };
    if name.len() > 1 {
        info.name.insert(0, needed(relation, 1)?);
    }
    for row in rows(client, COLUMNS, &id).await? {
        info.columns.push(column(described(&row)?));
    }
    for row in rows(client, KEYS, &id).await? {
        let column = needed(&row, 2)?;
        if row.truth(1) {
            info.primary_key.push(column);
            continue;
        }
        let name = Some(needed(&row, 0)?);
        match info.unique_keys.last_mut().filter(|key| key.name == name) {
            Some(key) => key.columns.push(column),
            None => info.unique_keys.push(UniqueKey { name, columns: vec![column] }),
        }
    }
    for row in rows(client, FOREIGN_KEYS, &id).await? {
        let (name, column, reference) = (Some(needed(&row, 0)?), needed(&row, 1)?, needed(&row, 5)?);
        if let Some(key) = info.foreign_keys.last_mut().filter(|key| key.name == name) {
            key.columns.push(column);
            key.references.push(reference);
            continue;
        }
        let mut table = vec![needed(&row, 3)?];
        if !row.truth(4) {
            table.insert(0, needed(&row, 2)?);
        }
        info.foreign_keys.push(ForeignKey { name, columns: vec![column], table, references: vec![reference] });
    }
    Ok(Some(info))
}

/// A name that the catalogue always has.
fn needed(row: &Found, index: usize) -> Result<String, Fault> {
    row.text(index).ok_or_else(|| Fault::Conversion("a name is missing in the catalogue".into()))
}

/// A column as [`COLUMNS`] has it.
pub(crate) struct Described {
    pub(crate) name: String,
    /// Name of the type, without its size.
    pub(crate) base: String,
    pub(crate) bytes: i32,
    pub(crate) precision: i32,
    pub(crate) scale: i32,
    pub(crate) nullable: bool,
    pub(crate) identity: bool,
    pub(crate) computed: bool,
    pub(crate) default: bool,
    /// Its default takes the next number of a sequence.
    pub(crate) sequence: bool,
    pub(crate) collation: Option<String>,
}

fn described(row: &Found) -> Result<Described, Fault> {
    Ok(Described {
        name: needed(row, 0)?,
        base: needed(row, 1)?,
        bytes: row.number(2),
        precision: row.number(3),
        scale: row.number(4),
        nullable: row.truth(5),
        identity: row.truth(6),
        computed: row.truth(7),
        default: row.truth(8),
        sequence: row.truth(9),
        collation: row.text(10),
    })
}

/// What the catalogue says of a column.
pub(crate) fn column(own: Described) -> ColumnInfo {
    let generation = if own.computed || matches!(own.base.as_str(), "timestamp" | "rowversion") {
        Generation::Computed
    } else if own.identity || own.sequence {
        Generation::Identity
    } else if own.default {
        Generation::Default
    } else {
        Generation::None
    };
    let mut type_name = type_name(&own.base, own.bytes, own.precision, own.scale);
    // As a definition would have it, where that says more: by the collations of old, such text
    // is sorted in another way than Unicode.
    let of_old = own.collation.as_ref().filter(|name| name.starts_with("SQL_"));
    if let (Some(collation), "char" | "varchar") = (of_old, own.base.as_str()) {
        type_name.push_str(&format!(" collate {collation}"));
    }
    ColumnInfo {
        type_name,
        kind: kind(&own.base),
        nullable: own.nullable,
        generation,
        max_length: max_length(&own.base, own.bytes),
        padded: matches!(own.base.as_str(), "char" | "nchar"),
        case_sensitive: own.collation.is_none_or(|collation| tells_case(&collation)),
        name: own.name,
    }
}

/// Whether a collation of this name tells upper from lower case.
fn tells_case(collation: &str) -> bool {
    !collation.to_ascii_uppercase().split('_').any(|part| part == "CI")
}

fn kind(base: &str) -> ColumnKind {
    match base {
        "bit" => ColumnKind::Boolean,
        "tinyint" | "smallint" | "int" | "bigint" => ColumnKind::Integer,
        "real" | "float" => ColumnKind::Float,
        "decimal" | "numeric" | "money" | "smallmoney" => ColumnKind::Decimal,
        "char" | "varchar" | "nchar" | "nvarchar" | "text" | "ntext" | "xml" => ColumnKind::Text,
        "binary" | "varbinary" | "image" | "timestamp" | "rowversion" => ColumnKind::Bytes,
        "date" => ColumnKind::Date,
        "time" => ColumnKind::Time,
        "datetime" | "datetime2" | "smalldatetime" | "datetimeoffset" => ColumnKind::Timestamp,
        "uniqueidentifier" => ColumnKind::Uuid,
        "json" => ColumnKind::Json,
        _ => ColumnKind::Other,
    }
}

/// Characters; the catalogue counts bytes, and -1 for `max`.
fn max_length(base: &str, bytes: i32) -> Option<u32> {
    let bytes = u32::try_from(bytes).ok()?;
    match base {
        "char" | "varchar" => Some(bytes),
        "nchar" | "nvarchar" => Some(bytes / 2),
        _ => None,
    }
}

/// `nvarchar(40)`, `varbinary(max)`, `decimal(10,2)`, `datetime2(7)`.
fn type_name(base: &str, bytes: i32, precision: i32, scale: i32) -> String {
    match base {
        "char" | "varchar" | "binary" | "varbinary" | "nchar" | "nvarchar" if bytes < 0 => format!("{base}(max)"),
        "char" | "varchar" | "binary" | "varbinary" => format!("{base}({bytes})"),
        "nchar" | "nvarchar" => format!("{base}({})", bytes / 2),
        "decimal" | "numeric" => format!("{base}({precision},{scale})"),
        "time" | "datetime2" | "datetimeoffset" => format!("{base}({scale})"),
        _ => base.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collations() {
        for (name, expected) in [
            ("SQL_Latin1_General_CP1_CI_AS", false),
            ("Latin1_General_100_CI_AI_SC_UTF8", false),
            ("Latin1_General_CS_AS", true),
            ("Latin1_General_BIN2", true),
            ("Cyrillic_General_CI_AS", false),
        ] {
            assert_eq!(tells_case(name), expected, "{name}");
        }
    }

    #[test]
    fn types_and_lengths() {
        for (base, bytes, precision, scale, expected, length) in [
            ("nvarchar", 80, 0, 0, "nvarchar(40)", Some(40)),
            ("nvarchar", -1, 0, 0, "nvarchar(max)", None),
            ("varchar", 40, 0, 0, "varchar(40)", Some(40)),
            ("nchar", 8, 0, 0, "nchar(4)", Some(4)),
            ("varbinary", -1, 0, 0, "varbinary(max)", None),
            ("decimal", 9, 10, 2, "decimal(10,2)", None),
            ("datetime2", 8, 27, 7, "datetime2(7)", None),
            ("int", 4, 10, 0, "int", None),
        ] {
            assert_eq!(type_name(base, bytes, precision, scale), expected);
            assert_eq!(max_length(base, bytes), length, "{base}");
        }
    }
}
