//! What the database says of the tables that the settings name.

use patchbay_connector::sql::{ColumnInfo, ColumnKind, Dialect, Failure, Generation, TableInfo};
use patchbay_connector::{Diagnostic, Error, Severity, diagnostic};

use crate::database::Database;
use crate::fault;
use crate::settings::changes::{Changes, Method};
use crate::settings::{Attribute, Class, Kind, Next, Settings, pointer};

/// Described tables, by the name that the settings use.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    tables: Vec<(Vec<String>, TableInfo)>,
}

impl Catalogue {
    /// Asks for every table that the settings name. A table that does not exist or is not
    /// granted is a finding; a database that does not answer is an error.
    pub fn load(db: &mut impl Database, settings: &Settings) -> Result<(Self, Vec<Diagnostic>), Error> {
        let mut catalogue = Self::default();
        let mut problems = Vec::new();
        let mut missing: Vec<Vec<String>> = Vec::new();
        for class in settings.classes.iter().filter(|class| class.declared) {
            catalogue.tables.push((class.table.clone(), declared(class, db.dialect())));
        }
        for (table, path) in named(settings) {
            if catalogue.table(table).is_some() {
                continue;
            }
            if missing.contains(table) {
                problems.push(diagnostic(Severity::Error, path, unknown(table)));
                continue;
            }
            match db.describe(table) {
                Ok(info) => catalogue.tables.push((table.clone(), info)),
                Err(error) if matches!(error.failure, Failure::Undefined | Failure::Denied) => {
                    let mut problem = diagnostic(Severity::Error, path, unknown(table));
                    problem.detail = Some(error.message);
                    problems.push(problem);
                    missing.push(table.clone());
                }
                Err(error) => return Err(fault::plain(&error)),
            }
        }
        Ok((catalogue, problems))
    }

    /// Asks for every granted table.
    pub fn load_all(db: &mut impl Database) -> Result<Self, Error> {
        let names = db.tables().map_err(|error| fault::plain(&error))?;
        let tables = names
            .into_iter()
            .map(|name| {
                let info = db.describe(&name).map_err(|error| fault::plain(&error))?;
                Ok((name, info))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self { tables })
    }

    /// A table by the name that the settings use.
    pub fn table(&self, name: &[String]) -> Option<&TableInfo> {
        self.tables.iter().find(|(known, _)| known == name).map(|(_, info)| info)
    }

    /// All tables, by the names they were asked for.
    pub fn tables(&self) -> impl Iterator<Item = (&[String], &TableInfo)> {
        self.tables.iter().map(|(name, info)| (name.as_slice(), info))
    }

    /// Adds a table.
    #[cfg(test)]
    pub fn insert(&mut self, info: TableInfo) {
        self.tables.push((info.name.clone(), info));
    }
}

/// A column of a table: by its exact name, else by the only one that differs in case.
pub fn column<'a>(table: &'a TableInfo, name: &str) -> Option<&'a ColumnInfo> {
    table.columns.iter().find(|column| column.name == name).or_else(|| {
        let mut alike = table.columns.iter().filter(|column| column.name.eq_ignore_ascii_case(name));
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// Every table that the settings name, with the place.
fn named(settings: &Settings) -> Vec<(&Vec<String>, String)> {
    let mut named = Vec::new();
    for class in &settings.classes {
        let path = format!("/classes/{}", pointer(&class.name));
        match &class.entity {
            None if class.declared => {}
            None => named.push((&class.table, format!("{path}/table"))),
            Some(entity) => {
                let place = |(place, own): (usize, _)| (own, format!("{path}/entity/tables/{place}"));
                named.extend(entity.tables.iter().map(|own| &own.table).enumerate().map(place));
            }
        }
        for (name, next) in &class.next {
            if let Next::Table(counter) = next {
                named.push((&counter.table, format!("{path}/next/{}/table", pointer(name))));
            }
        }
        if let Some(Changes { method: Method::History(history), .. }) = &class.changes {
            named.push((&history.table, format!("{path}/changes/history/table")));
        }
        for (name, lookup) in &class.lookups {
            named.push((&lookup.table, format!("{path}/lookups/{}/table", pointer(name))));
        }
        for (name, multi) in &class.multi {
            named.push((&multi.table, format!("{path}/multi/{}/table", pointer(name))));
        }
        for (name, row) in &class.rows {
            named.push((&row.table, format!("{path}/rows/{}/table", pointer(name))));
        }
    }
    named
}

/// What the settings say of the columns of a class without a table.
fn declared(class: &Class, dialect: Dialect) -> TableInfo {
    // SQL Server's collations mostly do not tell upper from lower case; where it matters, its
    // comparison is not relied on.
    let tells_case = |own: &Attribute| dialect != Dialect::Mssql || own.case_exact == Some(false);
    let is_key = |name: &str| class.key.iter().any(|part| part == name);
    let columns = class.attributes.iter().map(|(name, own)| {
        let name = own.column.as_ref().unwrap_or(name);
        let (kind, type_name) = match own.kind.unwrap_or(Kind::Text) {
            Kind::Text => (ColumnKind::Text, "text"),
            Kind::Boolean => (ColumnKind::Boolean, "boolean"),
            Kind::Integer => (ColumnKind::Integer, "bigint"),
            Kind::Decimal => (ColumnKind::Decimal, "decimal"),
            Kind::Timestamp => (ColumnKind::Timestamp, "timestamp"),
            Kind::Binary => (ColumnKind::Bytes, "binary"),
            Kind::Json => (ColumnKind::Json, "json"),
        };
        ColumnInfo {
            name: name.clone(),
            type_name: type_name.to_owned(),
            kind,
            nullable: !is_key(name) && own.required != Some(true),
            generation: Generation::None,
            max_length: own.max_length,
            padded: false,
            case_sensitive: tells_case(own),
        }
    });
    TableInfo {
        name: class.table.clone(),
        view: false,
        columns: columns.collect(),
        primary_key: class.key.clone(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        deferrable: false,
    }
}

fn unknown(table: &[String]) -> String {
    format!("no table or view `{}`, or the binding does not grant it", table.join("."))
}
