//! `create`, `update` and `delete`: each one transaction that demands the row counts it
//! expects.

mod assign;
mod create;
mod delete;
mod entity;
mod lock;
mod own;
mod rows;
mod transaction;
mod unique;
mod update;

use patchbay_connector::sql::{self, Builder};
use patchbay_connector::{Attribute, Delta, Error, ErrorKind, Fault, WriteResult};

use crate::condition;
use crate::database::Database;
use crate::fault::{self, About};
use crate::plan::{Class, Native, Version, Versions};
use crate::read::{self, revision};
use transaction::Abort;

/// Makes an object with the attributes given; what is not given is left to the database.
pub fn create(db: &mut impl Database, class: &Class, given: &[Attribute]) -> Result<WriteResult, Error> {
    match own::of(class) {
        Some(custom) => own::create(db, class, custom, given),
        None => create::create(db, class, given),
    }
}

/// Applies deltas to an object, at version `if_match` where that is given.
pub fn update(
    db: &mut impl Database,
    class: &Class,
    uid: &str,
    if_match: Option<&str>,
    deltas: &[Delta],
) -> Result<WriteResult, Error> {
    match own::of(class) {
        Some(custom) => own::update(db, class, custom, uid, if_match, deltas),
        None => update::update(db, class, uid, if_match, deltas),
    }
}

/// Deletes an object, at version `if_match` where that is given.
pub fn delete(db: &mut impl Database, class: &Class, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
    match own::of(class) {
        Some(custom) => own::delete(db, class, custom, uid, if_match),
        None => delete::delete(db, class, uid, if_match),
    }
}

/// Refuses a class that cannot be written.
fn writable(class: &Class) -> Result<(), Error> {
    if class.read_only {
        return Err(Error::fault(ErrorKind::Mutability, "objects of this class are read-only"));
    }
    Ok(())
}

/// The key and the version that a statement is to find.
#[derive(Debug)]
struct Target<'a> {
    class: &'a Class,
    key: Vec<sql::Value>,
    /// Version asked for.
    version: Option<Expected<'a>>,
}

/// A version that the object has to have.
#[derive(Debug)]
enum Expected<'a> {
    /// In its column, in the column's type: part of every statement's condition.
    Column(&'a Version, sql::Value),
    /// Of the content: compared once the row is locked.
    Content(&'a str),
}

impl<'a> Target<'a> {
    /// The object `uid`, at version `if_match` where that is given.
    fn new(class: &'a Class, uid: &str, if_match: Option<&'a str>) -> Result<Self, Error> {
        let key = crate::key::decode(&class.key_parts(), uid).ok_or_else(fault::not_found)?;
        let version = match (if_match, &class.versions) {
            (None, _) => None,
            (Some(text), Versions::Column(version)) => {
                Some(Expected::Column(version, version_value(class, version, text).ok_or_else(other_version)?))
            }
            (Some(text), Versions::Content) => Some(Expected::Content(text)),
            (Some(_), Versions::None) => return Err(other_version()),
        };
        Ok(Self { class, key, version })
    }

    /// Appends `WHERE` key, version and visibility.
    fn condition(&self, sql: &mut Builder) {
        sql.text(" WHERE ");
        condition::has_key(sql, self.class, None, &self.key);
        if let Some(Expected::Column(version, value)) = &self.version {
            sql.text(" AND ");
            condition::equal(sql, self.class.dialect, None, &version.column, value.clone());
        }
        if !self.class.soft_delete.is_empty() {
            sql.text(" AND ");
            condition::visible(sql, self.class, None);
        }
    }

    /// Makes sure that exactly one row was written, or says why none was.
    fn expect_one(&self, db: &mut impl Database, affected: u64) -> Result<(), Abort> {
        match affected {
            1 => Ok(()),
            0 => Err(self.why_none(db)?.into()),
            _ => Err(Error::fault(ErrorKind::Configuration, "the configured key belongs to several rows").into()),
        }
    }

    /// Why no row met [`Self::condition`]: there is none, or it has another version.
    fn why_none(&self, db: &mut impl Database) -> Result<Error, Abort> {
        let mut sql = Builder::new();
        sql.text("SELECT 1 FROM ").ident(self.class.table.iter().cloned());
        Target { class: self.class, key: self.key.clone(), version: None }.condition(&mut sql);
        let rows = db.query(sql.build(), 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
        Ok(match (rows.is_empty(), &self.version) {
            (true, _) => fault::not_found(),
            (false, Some(_)) => other_version(),
            (false, None) => Error::fault(ErrorKind::Conflict, "the target did not change the object"),
        })
    }

    /// Makes sure that the row is there, and that nobody changes it before the end.
    fn lock(&self, db: &mut impl Database) -> Result<(), Abort> {
        if let Some(entity) = &self.class.entity {
            entity::lock(db, self.class, entity, &self.key)?;
            return match entity::exists(db, self.class, &self.key)? {
                true => Ok(()),
                false => Err(fault::not_found().into()),
            };
        }
        let mut sql = Builder::new();
        sql.text("SELECT 1 FROM ").ident(self.class.table.iter().cloned());
        sql.text(self.class.dialect.table_lock());
        self.condition(&mut sql);
        sql.text(self.class.dialect.lock());
        let rows = db.query(sql.build(), 1).map_err(|error| self.abort(&error))?;
        self.expect_one(db, u64::from(!rows.is_empty()))
    }

    /// Holds the content against the version that was asked for, if that is how versions
    /// are told apart. Every write locks the row first, so that of two who saw the same
    /// version only one finds it still there. Says whether it is locked now.
    fn check_content(&self, db: &mut impl Database) -> Result<bool, Abort> {
        let Some(Expected::Content(expected)) = self.version else { return Ok(false) };
        self.lock(db)?;
        match self.revision(db)? {
            Some(revision) if revision == expected => Ok(true),
            _ => Err(other_version().into()),
        }
    }

    /// The version that the object has now.
    fn revision(&self, db: &mut impl Database) -> Result<Option<String>, Abort> {
        let version = match &self.class.versions {
            Versions::None => return Ok(None),
            Versions::Column(version) => version,
            Versions::Content => {
                let object = read::one(db, self.class, self.key.clone(), &[])?;
                return Ok(object.and_then(|object| object.id.revision));
            }
        };
        let mut sql = Builder::new();
        sql.text("SELECT ").ident([&version.column.name]).text(" FROM ").ident(self.class.table.iter().cloned());
        sql.text(" WHERE ");
        condition::has_key(&mut sql, self.class, None, &self.key);
        let rows = db.query(sql.build(), 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
        Ok(revision(rows.into_iter().next().and_then(|row| row.into_iter().next())))
    }

    /// The abort for a failed statement on the object's own row.
    fn abort(&self, error: &sql::Error) -> Abort {
        // The uid is well formed, but the database cannot compare its key with it.
        Abort::new(error, About::class(self.class).error(error))
    }
}

fn other_version() -> Error {
    Error::fault(ErrorKind::PreconditionFailed, "the object has another version")
}

/// A version as the client got it, in the type of its column; none where it cannot be one.
fn version_value(class: &Class, version: &Version, text: &str) -> Option<sql::Value> {
    if text.contains('\0') {
        return None;
    }
    Some(match version.column.native {
        Native::Integer { bits } => {
            let number: i64 = text.parse().ok()?;
            if !crate::key::fits(number, bits) {
                return None;
            }
            sql::Value::Integer(number)
        }
        Native::Decimal | Native::Float => sql::Value::Decimal(crate::value::decimal::canonical(text)?),
        Native::Uuid => sql::Value::Uuid(crate::key::parse_uuid(text)?),
        Native::Bytes => {
            let digits = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
            sql::Value::Bytes((0..text.len()).step_by(2).map(digits).collect::<Option<Vec<u8>>>()?)
        }
        // As it was printed, so that no precision is lost; SQLite compares it as text.
        Native::Timestamp if class.dialect != crate::dialect::Dialect::Sqlite => {
            patchbay_connector::time::Instant::parse(text)?;
            sql::Value::Timestamp(text.to_owned())
        }
        Native::Boolean | Native::Json => return None,
        Native::Text | Native::Opaque | Native::Date | Native::Time | Native::Timestamp => {
            sql::Value::Text(text.to_owned())
        }
    })
}
