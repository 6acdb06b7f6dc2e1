//! The connector: settings or plan, and the operations over a [`Database`].

use patchbay_connector::sql::Connection;
use patchbay_connector::{
    Attribute, Beginning, BindingSpec, Connector, Context, Delta, Descriptor, Diagnostic, Error, ErrorKind, Object,
    ObjectClass, Page, Query, Severity, SyncPage, WriteResult, diagnostic,
};

use crate::plan::{Class, Plan};
use crate::settings::{self, Settings};
use crate::{changes, check, discover, fault, prepare, read, write};

/// The generic SQL connector.
#[derive(Debug)]
pub struct Sql {
    /// Settings as they came; read only where they are needed.
    config: String,
    prepared: Option<Vec<u8>>,
}

impl Sql {
    fn settings(&self) -> Result<Settings, Error> {
        settings::parse(&self.config).map_err(|problems| prepare::refused(&problems))
    }

    /// Runs `operation` on a connection, with the plan of `class`.
    fn with_class<T>(
        &self,
        class: &str,
        operation: impl FnOnce(&mut Connection, &Class) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with_plan(|db, plan| operation(db, &plan.class(class)?))
    }

    /// Runs `operation` on a connection, with the plan: the prepared one, else one made on
    /// the spot.
    fn with_plan<T>(&self, operation: impl FnOnce(&mut Connection, &Plan<'_>) -> Result<T, Error>) -> Result<T, Error> {
        match &self.prepared {
            Some(bytes) => {
                let plan = Plan::decode(bytes)?;
                operation(&mut open(plan.binding)?, &plan)
            }
            None => {
                let settings = self.settings()?;
                let mut db = open(&settings.binding)?;
                let bytes = prepare::prepare(&mut db, &settings)?;
                operation(&mut db, &Plan::decode(&bytes)?)
            }
        }
    }
}

/// Leases a connection.
fn open(binding: &str) -> Result<Connection, Error> {
    Connection::open(binding).map_err(|error| fault::plain(&error))
}

impl Connector for Sql {
    fn describe() -> Descriptor {
        Descriptor {
            id: "sql".to_owned(),
            display_name: "SQL database".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            documentation: None,
            config_schema: settings::SCHEMA.to_owned(),
            bindings: vec![BindingSpec {
                name: "db".to_owned(),
                capability: "patchbay:sql".to_owned(),
                required: true,
                description: "The database with the tables that the classes name.".to_owned(),
            }],
        }
    }

    fn init(config: String, prepared: Option<Vec<u8>>) -> Result<Self, Vec<Diagnostic>> {
        if prepared.is_none() {
            settings::parse(&config)?;
        }
        Ok(Self { config, prepared })
    }

    fn prepare(&self, _ctx: &Context) -> Result<Vec<u8>, Error> {
        let settings = self.settings()?;
        prepare::prepare(&mut open(&settings.binding)?, &settings)
    }

    fn test(&self, _ctx: &Context) -> Result<Vec<Diagnostic>, Error> {
        let settings = match settings::parse(&self.config) {
            Ok(settings) => settings,
            Err(problems) => return Ok(problems),
        };
        match open(&settings.binding) {
            Ok(mut db) => check::check(&mut db, &settings),
            Err(error) if error.kind == ErrorKind::Configuration => {
                Ok(vec![diagnostic(Severity::Error, "/binding", error.message)])
            }
            Err(error) => Err(error),
        }
    }

    fn discover(&self, _ctx: &Context) -> Result<Vec<ObjectClass>, Error> {
        self.with_plan(|_, plan| Ok(plan.classes()?.iter().map(discover::class).collect()))
    }

    fn get(&self, _ctx: &Context, class: &str, uid: &str, attributes: &[String]) -> Result<Object, Error> {
        self.with_class(class, |db, class| read::get(db, class, uid, attributes))
    }

    fn search(&self, _ctx: &Context, query: Query) -> Result<Page, Error> {
        self.with_class(&query.class, |db, class| read::search(db, class, &query))
    }

    fn create(&self, _ctx: &Context, class: &str, attributes: Vec<Attribute>) -> Result<WriteResult, Error> {
        self.with_class(class, |db, class| write::create(db, class, &attributes))
    }

    fn update(
        &self,
        _ctx: &Context,
        class: &str,
        uid: &str,
        if_match: Option<&str>,
        deltas: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        self.with_class(class, |db, class| write::update(db, class, uid, if_match, &deltas))
    }

    fn delete(&self, _ctx: &Context, class: &str, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
        self.with_class(class, |db, class| write::delete(db, class, uid, if_match))
    }

    fn latest_token(&self, _ctx: &Context, class: &str) -> Result<Vec<u8>, Error> {
        self.with_class(class, changes::latest)
    }

    fn first_token(&self, _ctx: &Context, class: &str) -> Result<Beginning, Error> {
        self.with_class(class, changes::first)
    }

    fn changes(
        &self,
        _ctx: &Context,
        class: &str,
        token: &[u8],
        attributes: &[String],
        limit: u32,
        _wait: u32,
    ) -> Result<SyncPage, Error> {
        self.with_class(class, |db, class| changes::since(db, class, token, attributes, limit))
    }
}
