//! Settings and catalogue to classes. Everything that can be wrong about the settings is
//! found here, so that operations need not ask again.

mod changes;
mod entity;
mod members;
mod next;
mod operations;
mod soft;

use patchbay_connector::sql::TableInfo;
use patchbay_connector::{Diagnostic, Severity, diagnostic};

use super::{Attribute, Class, Column, Constant, Constraint, Fixed, Kind, Native, Source, Version, Versions};
use crate::catalogue::{self, Catalogue};
use crate::dialect::Dialect;
use crate::settings::{self, Settings, pointer};
use crate::value;

/// The outcome: classes, where nothing is wrong, and findings.
pub type Compiled = (Option<Vec<Class>>, Vec<Diagnostic>);

/// Compiles `settings` against `catalogue`. Classes come back only where no finding is an
/// error; there may be warnings in any case.
pub fn compile(settings: &Settings, catalogue: &Catalogue, dialect: Dialect) -> Compiled {
    let mut problems = Problems::default();
    let mut compiler = Compiler { settings, catalogue, dialect, keys: Vec::new() };
    compiler.keys = settings.classes.iter().map(|class| compiler.key(class, &mut problems)).collect();
    let classes: Vec<Option<Class>> =
        settings.classes.iter().map(|class| compiler.class(class, &mut problems)).collect();
    let failed = problems.0.iter().any(|problem| problem.severity == Severity::Error);
    let classes = classes.into_iter().collect::<Option<Vec<Class>>>().filter(|_| !failed);
    (classes, problems.0)
}

/// Findings so far.
#[derive(Debug, Default)]
struct Problems(Vec<Diagnostic>);

impl Problems {
    fn error(&mut self, path: impl Into<String>, summary: impl Into<String>) {
        self.0.push(diagnostic(Severity::Error, path, summary));
    }

    fn warning(&mut self, path: impl Into<String>, summary: impl Into<String>) {
        self.0.push(diagnostic(Severity::Warning, path, summary));
    }
}

struct Compiler<'a> {
    settings: &'a Settings,
    catalogue: &'a Catalogue,
    dialect: Dialect,
    /// Keys of the classes, in their order; empty where a key could not be found.
    keys: Vec<Vec<Column>>,
}

impl<'a> Compiler<'a> {
    /// A column by name, or a problem at `path`.
    fn column(&self, table: &TableInfo, name: &str, path: &str, problems: &mut Problems) -> Option<Column> {
        let found = catalogue::column(table, name).map(|info| Column::of(info, self.dialect));
        if found.is_none() {
            problems.error(path, format!("`{}` has no column `{name}`", table.name.join(".")));
        }
        found
    }

    /// Columns by name.
    fn columns(&self, table: &TableInfo, names: &[String], path: &str, problems: &mut Problems) -> Option<Vec<Column>> {
        let found: Vec<Option<Column>> = names.iter().map(|name| self.column(table, name, path, problems)).collect();
        found.into_iter().collect()
    }

    /// The key columns of a class; empty after a problem.
    fn key(&self, class: &settings::Class, problems: &mut Problems) -> Vec<Column> {
        if let Some(entity) = &class.entity {
            return entity::key(self, class, entity, problems);
        }
        let path = format!("/classes/{}/key", pointer(&class.name));
        // A table that is not there was reported when the catalogue was read.
        let Some(table) = self.catalogue.table(&class.table) else { return Vec::new() };
        let names = if class.key.is_empty() { &table.primary_key } else { &class.key };
        if names.is_empty() {
            let what = if table.view { "a view has no primary key" } else { "the table has no primary key" };
            problems.error(path, format!("{what}: name the columns that tell its rows apart"));
            return Vec::new();
        }
        let Some(mut columns) = self.columns(table, names, &path, problems) else { return Vec::new() };
        for column in &mut columns {
            let own = class
                .attributes
                .iter()
                .find(|(name, attribute)| attribute.column.as_ref().unwrap_or(name).eq_ignore_ascii_case(&column.name));
            column.trim = own.and_then(|(_, attribute)| attribute.trim).unwrap_or(column.trim);
            next::mark(class, table, column);
            if !column.native.can_be_key() {
                problems.error(&path, format!("`{}` has a type that cannot be a key", column.name));
            }
        }
        let is_unique = |columns: &[String]| columns.iter().all(|column| names.iter().any(|name| name == column));
        let unique = table.unique_keys.iter().map(|key| &key.columns).chain(std::iter::once(&table.primary_key));
        if !table.view && !unique.filter(|key| !key.is_empty()).any(|key| is_unique(key)) {
            problems.warning(&path, "no constraint of the database makes the key unique");
        }
        columns
    }

    /// The key of the class named `name`.
    fn key_of(&self, name: &str) -> Option<&[Column]> {
        let place = self.settings.classes.iter().position(|class| class.name == name)?;
        self.keys.get(place).map(Vec::as_slice)
    }

    fn class(&self, class: &'a settings::Class, problems: &mut Problems) -> Option<Class> {
        let path = format!("/classes/{}", pointer(&class.name));
        let table = self.catalogue.table(&class.table)?;
        let key = self.key_of(&class.name).filter(|key| !key.is_empty())?.to_vec();
        let writes = class.operations.as_ref().is_some_and(settings::operations::Operations::writes);
        let read_only = class.read_only.unwrap_or((table.view || class.declared) && !writes);

        let mut column_of = |version: &settings::Version| {
            let path = format!("{path}/version");
            let column = self.column(table, &version.column, &path, problems)?;
            if version.increment && !matches!(column.native, Native::Integer { .. }) {
                problems.error(&path, "only an integer can be incremented");
            }
            if matches!(column.native, Native::Boolean | Native::Json) {
                problems.error(&path, "a column of this type cannot be a version");
            }
            Some(Version { column, increment: version.increment })
        };
        let versions = match &class.versions {
            settings::Versions::None => Versions::None,
            settings::Versions::Content => Versions::Content,
            settings::Versions::Column(version) => column_of(version).map_or(Versions::None, Versions::Column),
        };
        let soft_path = format!("{path}/soft_delete/set");
        let soft_delete = self.fixed(table, &class.soft_delete, &soft_path, problems);

        let mut attributes = match &class.entity {
            Some(_) => entity::attributes(self, class, table, &key, read_only, &path, problems),
            None => self.column_attributes(class, table, &key, read_only, &path, problems),
        };
        attributes.extend(members::attributes(self, class, table, &key, read_only, &path, problems));

        let unique_path = format!("{path}/unique");
        for name in &class.unique {
            match attributes.iter_mut().find(|attribute| attribute.name == *name) {
                Some(Attribute { source: Source::Column(column), unique, .. })
                    if !matches!(column.kind, Kind::Json | Kind::Binary) =>
                {
                    *unique = true;
                }
                Some(_) => {
                    problems.error(&unique_path, format!("`{name}` cannot be kept unique: it is no plain column"))
                }
                None => problems.error(&unique_path, format!("the class has no attribute `{name}`")),
            }
        }
        let subject = operations::Subject { class, key: &key, read_only, view: table.view, path: &path };
        let custom = operations::operations(self, &subject, &mut attributes, problems).map(Box::new);

        if let Some(name) = &class.name_attribute {
            match attributes.iter().find(|attribute| attribute.name == *name) {
                None => problems.error(format!("{path}/name"), format!("the class has no attribute `{name}`")),
                Some(attribute) if attribute.is_multi_valued() => {
                    problems.error(format!("{path}/name"), format!("`{name}` can have several values"));
                }
                Some(attribute) if !attribute.unique && !attribute.key && !table.view && !class.declared => {
                    problems.warning(
                        format!("{path}/name"),
                        format!("no constraint of the database makes `{name}` unique"),
                    );
                }
                Some(_) => {}
            }
        }
        let touches = soft::touches(self, class, table, &key, &path, problems);
        soft::writable_marks(&soft_delete, &attributes, &path, problems);
        let revival = soft::revival(self, class, table, (&soft_delete, &attributes), &path, problems);
        let next = next::next(self, class, table, &path, problems);
        let entity = class.entity.as_ref().map(|entity| entity::compile(self, entity, read_only, &path, problems));
        let source = changes::Source { class, table, key: &key, attributes: &attributes, custom: custom.as_deref() };
        let feed = changes::feed(self, &source, &path, problems);
        let primary = Constraint { name: None, columns: table.primary_key.clone() };
        let unique = table.unique_keys.iter();
        Some(Class {
            name: class.name.clone(),
            dialect: self.dialect,
            table: class.table.clone(),
            key,
            entity: entity.flatten(),
            read_only,
            name_attribute: class.name_attribute.clone(),
            versions,
            soft_delete,
            touches,
            revival,
            next,
            guarded: class.unique.clone(),
            attributes,
            unique_keys: std::iter::once(primary)
                .chain(unique.map(|key| Constraint { name: key.name.clone(), columns: key.columns.clone() }))
                .collect(),
            foreign_keys: table
                .foreign_keys
                .iter()
                .map(|key| Constraint { name: key.name.clone(), columns: key.columns.clone() })
                .collect(),
            feed,
            custom,
        })
    }

    /// Attributes that are columns: each column by its own name, unless the settings use
    /// it for something else.
    fn column_attributes(
        &self,
        class: &settings::Class,
        table: &TableInfo,
        key: &[Column],
        read_only: bool,
        path: &str,
        problems: &mut Problems,
    ) -> Vec<Attribute> {
        let is_key = |name: &str| key.iter().any(|part| part.name == name);
        let same = |column: &str, name: &str| catalogue::column(table, name).is_some_and(|info| info.name == column);
        let elsewhere = |column: &str| {
            let soft = class.soft_delete.iter().map(|(name, _)| name);
            let version = class.version_column().into_iter().map(|version| &version.column);
            let references = class.references.iter().flat_map(|(_, reference)| &reference.columns);
            let lookups = class.lookups.iter().map(|(_, lookup)| &lookup.column);
            soft.chain(version).chain(references).chain(lookups).any(|name| same(column, name))
        };
        let name_taken = |name: &str| {
            class.references.iter().any(|(other, _)| other == name)
                || class.lookups.iter().any(|(other, _)| other == name)
                || class.multi.iter().any(|(other, _)| other == name)
                || class.rows.iter().any(|(other, _)| other == name)
                || class.attributes.iter().any(|(other, _)| other == name)
        };
        let listed = class.columns.as_deref();
        for name in listed.unwrap_or_default() {
            if catalogue::column(table, name).is_none() {
                problems.error(format!("{path}/columns"), format!("`{}` has no column `{name}`", table.name.join(".")));
            }
        }
        for (name, attribute) in &class.attributes {
            let column = attribute.column.as_ref().unwrap_or(name);
            let path = format!("{path}/attributes/{}", pointer(name));
            self.column(table, column, &path, problems);
        }

        let mut attributes = Vec::new();
        for info in &table.columns {
            let mut column = Column::of(info, self.dialect);
            next::mark(class, table, &mut column);
            let own: Vec<&(String, settings::Attribute)> = class
                .attributes
                .iter()
                .filter(|(name, attribute)| same(&info.name, attribute.column.as_ref().unwrap_or(name)))
                .collect();
            for (name, attribute) in &own {
                let path = format!("{path}/attributes/{}", pointer(name));
                attributes.push(self.attribute(
                    name,
                    column.clone(),
                    attribute,
                    table,
                    is_key(&info.name),
                    read_only,
                    &path,
                    problems,
                ));
            }
            let client_key = is_key(&info.name) && !column.generated;
            let asked = listed.is_none_or(|names| names.iter().any(|name| same(&info.name, name)));
            let plain = (asked || client_key) && (is_key(&info.name) || !elsewhere(&info.name));
            if own.is_empty() && plain && !name_taken(&info.name) {
                let path = format!("{path}/attributes/{}", pointer(&info.name));
                let defaults = settings::Attribute::default();
                attributes.push(self.attribute(
                    &info.name,
                    column,
                    &defaults,
                    table,
                    is_key(&info.name),
                    read_only,
                    &path,
                    problems,
                ));
            }
        }
        attributes
    }

    #[expect(clippy::too_many_arguments, reason = "what one column, its settings and its class bring together")]
    fn attribute(
        &self,
        name: &str,
        mut column: Column,
        own: &settings::Attribute,
        table: &TableInfo,
        key: bool,
        read_only: bool,
        path: &str,
        problems: &mut Problems,
    ) -> Attribute {
        if let Some(kind) = own.kind.map(kind) {
            if column.can_be(kind) {
                column.kind = kind;
            } else {
                problems.error(format!("{path}/type"), format!("column `{}` has no values of this type", column.name));
            }
        }
        column.trim = own.trim.unwrap_or(column.trim);
        column.case_exact = own.case_exact.unwrap_or(column.case_exact);
        let fixed = read_only || own.read_only || column.computed || (key && column.identity);
        let creatable = !fixed;
        let needed = creatable && !column.nullable && !column.generated;
        if own.required == Some(true) && !creatable {
            problems.error(format!("{path}/required"), "an attribute that cannot be written cannot be required");
        }
        let unique = is_unique(table, &column.name);
        Attribute {
            name: name.to_owned(),
            source: Source::Column(column),
            required: own.required.unwrap_or(needed) && creatable,
            creatable,
            updatable: creatable && !key,
            unique,
            key,
            expensive: false,
        }
    }

    /// Constants in the types of their columns.
    fn fixed(
        &self,
        table: &TableInfo,
        constants: &[(String, settings::Constant)],
        path: &str,
        problems: &mut Problems,
    ) -> Vec<Fixed> {
        constants
            .iter()
            .filter_map(|(name, constant)| {
                let path = format!("{path}/{}", pointer(name));
                let column = self.column(table, name, &path, problems)?;
                match convert(&column, constant) {
                    Some(value) => Some(Fixed { column: column.name, value }),
                    None => {
                        problems.error(path, "the column cannot hold this value");
                        None
                    }
                }
            })
            .collect()
    }
}

/// Whether a constraint of the table makes a column unique by itself.
fn is_unique(table: &TableInfo, column: &str) -> bool {
    let keys = table.unique_keys.iter().map(|key| &key.columns).chain(std::iter::once(&table.primary_key));
    keys.into_iter().any(|columns| matches!(columns.as_slice(), [only] if only == column))
}

fn kind(kind: settings::Kind) -> Kind {
    match kind {
        settings::Kind::Text => Kind::Text,
        settings::Kind::Boolean => Kind::Boolean,
        settings::Kind::Integer => Kind::Integer,
        settings::Kind::Decimal => Kind::Decimal,
        settings::Kind::Timestamp => Kind::Timestamp,
        settings::Kind::Binary => Kind::Binary,
        settings::Kind::Json => Kind::Json,
    }
}

/// A constant in its column's type; none where it has none.
fn convert(column: &Column, constant: &settings::Constant) -> Option<Constant> {
    use patchbay_connector::Value;
    use patchbay_connector::sql::Value as Sql;
    let given = match constant {
        settings::Constant::Null => return column.nullable.then_some(Constant::Null),
        settings::Constant::Now => {
            return matches!(column.native, Native::Timestamp | Native::Date).then_some(Constant::Now);
        }
        settings::Constant::Boolean(value) => match column.native {
            Native::Integer { .. } => Value::Integer(i64::from(*value)),
            _ => Value::Boolean(*value),
        },
        settings::Constant::Integer(number) => match (column.native, number) {
            (Native::Boolean, 0 | 1) => Value::Boolean(*number == 1),
            _ => Value::Integer(*number),
        },
        settings::Constant::Decimal(text) => Value::Decimal(text.clone()),
        settings::Constant::Text(text) => Value::Text(text.clone()),
    };
    match value::to_store(column, &given).ok()? {
        Sql::Boolean(value) => Some(Constant::Boolean(value)),
        Sql::Integer(number) => Some(Constant::Integer(number)),
        Sql::Decimal(text) => Some(Constant::Decimal(text)),
        Sql::Text(text) => Some(Constant::Text(text)),
        _ => None,
    }
}
