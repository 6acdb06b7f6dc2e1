//! What PostgreSQL's catalogue says about tables, views and constraints.

use patchbay_capability::sql::{ColumnInfo, ColumnKind, ForeignKey, Generation, TableInfo, UniqueKey};
use tokio_postgres::{Client, Error, Row};

use crate::constraints::Constraints;

pub(crate) const TABLES: &str = "
    SELECT n.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    ORDER BY 1, 2";

/// One name with its schema, or whatever the search path makes of it without.
pub(crate) const RELATION: &str = "
    SELECT c.oid, c.relname::text, n.nspname::text, c.relkind IN ('v', 'm')
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $1::text
      AND CASE WHEN $2::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = $2::text END";

/// Columns, with domains followed down to the type below.
pub(crate) const COLUMNS: &str = "
    SELECT a.attname::text,
           pg_catalog.format_type(a.atttypid, a.atttypmod),
           b.typname, b.typtype, b.typmod,
           a.attnotnull OR b.strict,
           a.attidentity <> '',
           a.attgenerated <> '',
           a.atthasdef OR b.filled,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid),
           o.collname::text, m.nspname::text
    FROM pg_catalog.pg_attribute AS a
    CROSS JOIN LATERAL (
        WITH RECURSIVE chain (typname, typtype, typmod, below, belowmod, strict, filled) AS (
            SELECT t.typname::text, t.typtype::text, a.atttypmod, t.typbasetype, t.typtypmod,
                   t.typnotnull, t.typdefault IS NOT NULL
            FROM pg_catalog.pg_type AS t WHERE t.oid = a.atttypid
            UNION ALL
            SELECT t.typname::text, t.typtype::text, c.belowmod, t.typbasetype, t.typtypmod,
                   c.strict OR t.typnotnull, c.filled OR t.typdefault IS NOT NULL
            FROM chain AS c JOIN pg_catalog.pg_type AS t ON t.oid = c.below WHERE c.typtype = 'd'
        )
        SELECT typname, typtype, typmod, strict, filled FROM chain WHERE typtype <> 'd'
    ) AS b
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_collation AS o ON o.oid = a.attcollation AND NOT o.collisdeterministic
    LEFT JOIN pg_catalog.pg_namespace AS m ON m.oid = o.collnamespace
    WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum";

/// Unique indexes that hold for every row and name plain columns.
pub(crate) const KEYS: &str = "
    SELECT i.indisprimary, x.relname::text,
           ARRAY(SELECT a.attname::text
                 FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                 WHERE k.place <= i.indnkeyatts ORDER BY k.place),
           NOT i.indimmediate
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    ORDER BY x.oid";

pub(crate) const CONSTRAINTS: &str = "
    SELECT k.conname::text, k.contype::text,
           ARRAY(SELECT a.attname::text
                 FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
                 ORDER BY u.place),
           n.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid),
           ARRAY(SELECT a.attname::text
                 FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, place)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
                 ORDER BY u.place)
    FROM pg_catalog.pg_constraint AS k
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid = k.confrelid
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE k.conrelid = $1
    ORDER BY k.oid";

/// Names of tables and views: with the schema, and also alone where the search path
/// finds them so.
pub(super) async fn tables(client: &Client) -> Result<Vec<Vec<String>>, Error> {
    let mut tables = Vec::new();
    for row in client.query(TABLES, &[]).await? {
        let (schema, table): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if row.try_get(2)? {
            tables.push(vec![table.clone()]);
        }
        tables.push(vec![schema, table]);
    }
    Ok(tables)
}

/// Everything about one table or view, if it exists; its constraints are remembered for
/// errors to come.
pub(super) async fn describe(
    client: &Client,
    name: &[String],
    constraints: &Constraints,
) -> Result<Option<TableInfo>, Error> {
    let (schema, table) = match name {
        [table] => (None, table),
        [schema, table] => (Some(schema), table),
        _ => return Ok(None),
    };
    let Some(row) = client.query_opt(RELATION, &[table, &schema]).await? else { return Ok(None) };
    let oid: u32 = row.try_get(0)?;
    let mut info = TableInfo {
        name: vec![row.try_get(1)?],
        view: row.try_get(3)?,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        deferrable: false,
    };
    if schema.is_some() {
        info.name.insert(0, row.try_get(2)?);
    }
    for row in client.query(COLUMNS, &[&oid]).await? {
        info.columns.push(column(client, &row).await?);
    }
    for row in client.query(KEYS, &[&oid]).await? {
        let columns: Vec<String> = row.try_get(2)?;
        let name: String = row.try_get(1)?;
        constraints.remember(table, &name, columns.clone());
        info.deferrable |= row.try_get::<_, bool>(3)?;
        if row.try_get(0)? {
            info.primary_key = columns;
        } else {
            info.unique_keys.push(UniqueKey { name: Some(name), columns });
        }
    }
    for row in client.query(CONSTRAINTS, &[&oid]).await? {
        let (name, kind): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let columns: Vec<String> = row.try_get(2)?;
        constraints.remember(table, &name, columns.clone());
        if kind == "f" {
            let mut parent: Vec<String> = vec![row.try_get(4)?];
            if !row.try_get::<_, bool>(5)? {
                parent.insert(0, row.try_get(3)?);
            }
            info.foreign_keys.push(ForeignKey {
                name: Some(name),
                columns,
                table: parent,
                references: row.try_get(6)?,
            });
        }
    }
    Ok(Some(info))
}

async fn column(client: &Client, row: &Row) -> Result<ColumnInfo, Error> {
    let (base, category): (String, String) = (row.try_get(2)?, row.try_get(3)?);
    let typmod: i32 = row.try_get(4)?;
    let default: Option<String> = row.try_get(9)?;
    let kind = kind(&base, &category);
    let traits = Traits {
        typmod,
        computed: row.try_get(7)?,
        identity: row.try_get(6)?,
        filled: row.try_get(8)?,
        default: default.as_deref(),
    };
    let collation: Option<String> = row.try_get(10)?;
    let case_sensitive = match (base.as_str(), collation) {
        ("citext", _) => false,
        (_, Some(collation)) => tells_case(client, &row.try_get::<_, String>(11)?, &collation).await?,
        (_, None) => true,
    };
    Ok(ColumnInfo {
        name: row.try_get(0)?,
        type_name: row.try_get(1)?,
        kind,
        nullable: !row.try_get::<_, bool>(5)?,
        generation: traits.generation(),
        max_length: traits.max_length(&base),
        padded: traits.padded(&base),
        case_sensitive,
    })
}

/// What the catalogue says of a column beside its type.
pub(crate) struct Traits<'a> {
    /// The type's modifier.
    pub(crate) typmod: i32,
    pub(crate) computed: bool,
    pub(crate) identity: bool,
    /// It has a default, or its domain has.
    pub(crate) filled: bool,
    /// The default's expression.
    pub(crate) default: Option<&'a str>,
}

impl Traits<'_> {
    pub(crate) fn generation(&self) -> Generation {
        if self.computed {
            Generation::Computed
        } else if self.identity || self.default.is_some_and(|default| default.starts_with("nextval(")) {
            Generation::Identity
        } else if self.filled {
            Generation::Default
        } else {
            Generation::None
        }
    }

    pub(crate) fn max_length(&self, base: &str) -> Option<u32> {
        match base {
            // The modifier counts a length word of four bytes.
            "varchar" | "bpchar" => u32::try_from(self.typmod - 4).ok(),
            "name" => Some(63),
            "char" => Some(1),
            _ => None,
        }
    }

    pub(crate) fn padded(&self, base: &str) -> bool {
        base == "bpchar" && self.typmod > 0
    }
}

/// Whether a collation that does not compare byte by byte tells upper from lower case.
async fn tells_case(client: &Client, schema: &str, collation: &str) -> Result<bool, Error> {
    client.query_one(case_question(schema, collation).as_str(), &[]).await?.try_get(0)
}

/// The question to that. Names from the catalogue, quoted; a collation cannot be a parameter.
pub(crate) fn case_question(schema: &str, collation: &str) -> String {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    format!("SELECT 'a' <> 'A' COLLATE {}.{}", quote(schema), quote(collation))
}

/// The broad type of a type of this name and category.
pub(crate) fn kind(base: &str, category: &str) -> ColumnKind {
    match base {
        "bool" => ColumnKind::Boolean,
        "int2" | "int4" | "int8" | "oid" => ColumnKind::Integer,
        "float4" | "float8" => ColumnKind::Float,
        "numeric" => ColumnKind::Decimal,
        "text" | "varchar" | "bpchar" | "name" | "char" | "citext" | "xml" => ColumnKind::Text,
        "bytea" => ColumnKind::Bytes,
        "date" => ColumnKind::Date,
        "time" => ColumnKind::Time,
        "timestamp" | "timestamptz" => ColumnKind::Timestamp,
        "uuid" => ColumnKind::Uuid,
        "json" | "jsonb" => ColumnKind::Json,
        _ if category == "e" => ColumnKind::Text,
        // Read and written as JSON.
        _ if base.starts_with('_') => ColumnKind::Json,
        _ => ColumnKind::Other,
    }
}
