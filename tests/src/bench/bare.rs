//! The databases' own drivers with nothing around them: a connection that runs what Patchbay
//! ran, prepared once, one statement after the other.

use std::collections::HashMap;
use std::error::Error as StdError;

use anyhow::{Context, Result, bail};
use bytes::BytesMut;
use mysql_async::prelude::Queryable as _;
use patchbay_capability::sql::Value;
use rusqlite::types::ToSqlOutput;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls};

use crate::{Helpdesk, Target};

/// A connection to a database.
pub(super) enum Bare {
    Sqlite(rusqlite::Connection),
    Postgres(Client, HashMap<String, tokio_postgres::Statement>),
    Mariadb(mysql_async::Conn),
}

impl Bare {
    /// A connection to the application's database, with the settings that Patchbay makes.
    pub(super) async fn connect(helpdesk: &Helpdesk) -> Result<Self> {
        let url = helpdesk.url();
        let password = || helpdesk.password().context("no password").map(str::to_owned);
        Ok(match helpdesk.target() {
            Target::Sqlite => {
                let path = url.strip_prefix("sqlite:").context("no path")?;
                let connection = rusqlite::Connection::open(path)?;
                connection.execute_batch("PRAGMA foreign_keys = ON")?;
                Self::Sqlite(connection)
            }
            Target::Postgres => {
                let mut config: tokio_postgres::Config = url.parse()?;
                let (client, connection) = config.password(password()?).connect(NoTls).await?;
                tokio::spawn(connection);
                Self::Postgres(client, HashMap::new())
            }
            Target::Mariadb => {
                let options = mysql_async::OptsBuilder::from_opts(mysql_async::Opts::from_url(&url)?);
                let options = options.pass(Some(password()?)).prefer_socket(false);
                Self::Mariadb(mysql_async::Conn::new(options).await?)
            }
            other => bail!("{other:?} has no driver here"),
        })
    }

    /// Begins, commits or rolls back.
    pub(super) async fn control(&mut self, word: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(word)?,
            Self::Postgres(client, _) => client.batch_execute(word).await?,
            Self::Mariadb(connection) => connection.query_drop(word).await?,
        }
        Ok(())
    }

    /// Runs a statement to its end; the first cell of its first row, where that is a number.
    pub(super) async fn run(&mut self, text: &str, params: &[Value]) -> Result<Option<i64>> {
        Ok(match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(text)?;
                let mut rows = statement.query(rusqlite::params_from_iter(params.iter().map(Bound)))?;
                let mut first = None;
                while let Some(row) = rows.next()? {
                    first = first.or_else(|| row.get(0).ok());
                }
                first
            }
            Self::Postgres(client, prepared) => {
                let statement = match prepared.get(text) {
                    Some(statement) => statement.clone(),
                    None => prepared.entry(text.to_owned()).or_insert(client.prepare(text).await?).clone(),
                };
                let params: Vec<Bound<'_>> = params.iter().map(Bound).collect();
                let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
                let rows = client.query(&statement, &params).await?;
                rows.first().and_then(|row| row.try_get::<_, i32>(0).ok()).map(i64::from)
            }
            Self::Mariadb(connection) => {
                let params: Vec<mysql_async::Value> = params.iter().map(mysql).collect();
                let params = match params.is_empty() {
                    true => mysql_async::Params::Empty,
                    false => mysql_async::Params::Positional(params),
                };
                let rows: Vec<mysql_async::Row> = connection.exec(text, params).await?;
                rows.first().and_then(|row| row.get_opt(0)?.ok())
            }
        })
    }
}

/// A parameter on its way to a driver.
#[derive(Debug)]
struct Bound<'a>(&'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Owned(rusqlite::types::Value::Null),
            Value::Boolean(value) => ToSqlOutput::Owned(i64::from(*value).into()),
            Value::Integer(number) => ToSqlOutput::Owned((*number).into()),
            value => ToSqlOutput::Owned(text(value).into()),
        })
    }
}

/// As text, which the server reads as whatever type the parameter has.
impl ToSql for Bound<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        if *self.0 == Value::Null {
            return Ok(IsNull::Yes);
        }
        out.extend_from_slice(text(self.0).as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

fn mysql(value: &Value) -> mysql_async::Value {
    match value {
        Value::Null => mysql_async::Value::NULL,
        Value::Boolean(value) => mysql_async::Value::Int(i64::from(*value)),
        Value::Integer(number) => mysql_async::Value::Int(*number),
        value => mysql_async::Value::Bytes(text(value).into_bytes()),
    }
}

/// The text of a value, of the kinds that the example has.
fn text(value: &Value) -> String {
    match value {
        Value::Text(text)
        | Value::Decimal(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Json(text)
        | Value::Other(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Uuid(high, low) => format!("{high:016x}{low:016x}"),
        Value::Null | Value::Bytes(_) => String::new(),
    }
}
