//! What crosses the SQL capability.

use patchbay_capability::sql;

use super::all;
use crate::bindings::patchbay::sql::client as wit;

impl From<sql::Value> for wit::Value {
    fn from(value: sql::Value) -> Self {
        match value {
            sql::Value::Null => Self::Null,
            sql::Value::Boolean(truth) => Self::Boolean(truth),
            sql::Value::Integer(number) => Self::Integer(number),
            sql::Value::Float(number) => Self::Float(number),
            sql::Value::Decimal(text) => Self::Decimal(text),
            sql::Value::Text(text) => Self::Text(text),
            sql::Value::Bytes(bytes) => Self::Bytes(bytes),
            sql::Value::Date(text) => Self::Date(text),
            sql::Value::Time(text) => Self::Time(text),
            sql::Value::Timestamp(text) => Self::Timestamp(text),
            sql::Value::Uuid(high, low) => Self::Uuid((high, low)),
            sql::Value::Json(text) => Self::Json(text),
            sql::Value::Other(text) => Self::Other(text),
        }
    }
}

impl From<wit::Value> for sql::Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Null => Self::Null,
            wit::Value::Boolean(truth) => Self::Boolean(truth),
            wit::Value::Integer(number) => Self::Integer(number),
            wit::Value::Float(number) => Self::Float(number),
            wit::Value::Decimal(text) => Self::Decimal(text),
            wit::Value::Text(text) => Self::Text(text),
            wit::Value::Bytes(bytes) => Self::Bytes(bytes),
            wit::Value::Date(text) => Self::Date(text),
            wit::Value::Time(text) => Self::Time(text),
            wit::Value::Timestamp(text) => Self::Timestamp(text),
            wit::Value::Uuid((high, low)) => Self::Uuid(high, low),
            wit::Value::Json(text) => Self::Json(text),
            wit::Value::Other(text) => Self::Other(text),
        }
    }
}

impl From<wit::Fragment> for sql::Fragment {
    fn from(fragment: wit::Fragment) -> Self {
        match fragment {
            wit::Fragment::Text(text) => Self::Text(text),
            wit::Fragment::Identifier(parts) => Self::Identifier(parts),
            wit::Fragment::Param(index) => Self::Param(index),
        }
    }
}

impl From<wit::Statement> for sql::Statement {
    fn from(statement: wit::Statement) -> Self {
        Self { fragments: all(statement.fragments), params: all(statement.params) }
    }
}

impl From<sql::Dialect> for wit::Dialect {
    fn from(dialect: sql::Dialect) -> Self {
        match dialect {
            sql::Dialect::Postgres => Self::Postgres,
            sql::Dialect::Mysql => Self::Mysql,
            sql::Dialect::Sqlite => Self::Sqlite,
            sql::Dialect::Mssql => Self::Mssql,
            sql::Dialect::Oracle => Self::Oracle,
            sql::Dialect::Db2 => Self::Db2,
            sql::Dialect::Hana => Self::Hana,
            sql::Dialect::Ansi => Self::Ansi,
        }
    }
}

impl From<sql::Column> for wit::Column {
    fn from(column: sql::Column) -> Self {
        Self { name: column.name, type_name: column.type_name, nullable: column.nullable }
    }
}

impl From<sql::Batch> for wit::Batch {
    fn from(batch: sql::Batch) -> Self {
        Self { rows: batch.rows.into_iter().map(all).collect(), done: batch.done }
    }
}

impl From<wit::Argument> for sql::Argument {
    fn from(argument: wit::Argument) -> Self {
        Self {
            name: argument.name,
            direction: match argument.direction {
                wit::Direction::Input => sql::Direction::Input,
                wit::Direction::Output => sql::Direction::Output,
                wit::Direction::Both => sql::Direction::Both,
            },
            value: argument.value.into(),
            kind: argument.kind.into(),
        }
    }
}

impl From<sql::Called> for wit::CallResult {
    fn from(called: sql::Called) -> Self {
        Self {
            outputs: all(called.outputs),
            status: called.status,
            columns: all(called.columns),
            rows: called.rows.into(),
        }
    }
}

impl From<sql::TableInfo> for wit::TableInfo {
    fn from(table: sql::TableInfo) -> Self {
        Self {
            name: table.name,
            view: table.view,
            columns: all(table.columns),
            primary_key: table.primary_key,
            unique_keys: all(table.unique_keys),
            foreign_keys: all(table.foreign_keys),
            deferrable: table.deferrable,
        }
    }
}

impl From<sql::ColumnInfo> for wit::ColumnInfo {
    fn from(column: sql::ColumnInfo) -> Self {
        Self {
            name: column.name,
            type_name: column.type_name,
            kind: column.kind.into(),
            nullable: column.nullable,
            generation: match column.generation {
                sql::Generation::None => wit::Generation::None,
                sql::Generation::Default => wit::Generation::Default,
                sql::Generation::Identity => wit::Generation::Identity,
                sql::Generation::Computed => wit::Generation::Computed,
            },
            max_length: column.max_length,
            padded: column.padded,
            case_sensitive: column.case_sensitive,
        }
    }
}

impl From<sql::ColumnKind> for wit::ColumnKind {
    fn from(kind: sql::ColumnKind) -> Self {
        match kind {
            sql::ColumnKind::Boolean => Self::Boolean,
            sql::ColumnKind::Integer => Self::Integer,
            sql::ColumnKind::Float => Self::Float,
            sql::ColumnKind::Decimal => Self::Decimal,
            sql::ColumnKind::Text => Self::Text,
            sql::ColumnKind::Bytes => Self::Bytes,
            sql::ColumnKind::Date => Self::Date,
            sql::ColumnKind::Time => Self::Time,
            sql::ColumnKind::Timestamp => Self::Timestamp,
            sql::ColumnKind::Uuid => Self::Uuid,
            sql::ColumnKind::Json => Self::Json,
            sql::ColumnKind::Other => Self::Other,
        }
    }
}

impl From<wit::ColumnKind> for sql::ColumnKind {
    fn from(kind: wit::ColumnKind) -> Self {
        match kind {
            wit::ColumnKind::Boolean => Self::Boolean,
            wit::ColumnKind::Integer => Self::Integer,
            wit::ColumnKind::Float => Self::Float,
            wit::ColumnKind::Decimal => Self::Decimal,
            wit::ColumnKind::Text => Self::Text,
            wit::ColumnKind::Bytes => Self::Bytes,
            wit::ColumnKind::Date => Self::Date,
            wit::ColumnKind::Time => Self::Time,
            wit::ColumnKind::Timestamp => Self::Timestamp,
            wit::ColumnKind::Uuid => Self::Uuid,
            wit::ColumnKind::Json => Self::Json,
            wit::ColumnKind::Other => Self::Other,
        }
    }
}

impl From<sql::UniqueKey> for wit::UniqueKey {
    fn from(key: sql::UniqueKey) -> Self {
        Self { name: key.name, columns: key.columns }
    }
}

impl From<sql::ForeignKey> for wit::ForeignKey {
    fn from(key: sql::ForeignKey) -> Self {
        Self { name: key.name, columns: key.columns, table: key.table, references: key.references }
    }
}

impl From<sql::Failure> for wit::Failure {
    fn from(failure: sql::Failure) -> Self {
        match failure {
            sql::Failure::UnknownBinding => Self::UnknownBinding,
            sql::Failure::Denied => Self::Denied,
            sql::Failure::Undefined => Self::Undefined,
            sql::Failure::Unavailable => Self::Unavailable,
            sql::Failure::Busy => Self::Busy,
            sql::Failure::Timeout => Self::Timeout,
            sql::Failure::LimitExceeded => Self::LimitExceeded,
            sql::Failure::InvalidStatement => Self::InvalidStatement,
            sql::Failure::InvalidParameter => Self::InvalidParameter,
            sql::Failure::UniqueViolation => Self::UniqueViolation,
            sql::Failure::ForeignKeyViolation => Self::ForeignKeyViolation,
            sql::Failure::NotNullViolation => Self::NotNullViolation,
            sql::Failure::CheckViolation => Self::CheckViolation,
            sql::Failure::Serialization => Self::Serialization,
            sql::Failure::PermissionDenied => Self::PermissionDenied,
            sql::Failure::Unsupported => Self::Unsupported,
            sql::Failure::Other => Self::Other,
        }
    }
}

impl From<sql::Error> for wit::Error {
    fn from(error: sql::Error) -> Self {
        Self {
            failure: error.failure.into(),
            sqlstate: error.sqlstate,
            constraint: error.constraint,
            table: error.table,
            columns: error.columns,
            message: error.message,
        }
    }
}
