//! The connector: settings or plan, and the operations over a [`Directory`].

use patchbay_connector::time::Instant;
use patchbay_connector::{
    Attribute, Beginning, BindingSpec, Connector, Context, Delta, Descriptor, Diagnostic, Error, ErrorKind, Object,
    ObjectClass, Page, Query, Severity, SyncPage, WriteResult, diagnostic,
};

use crate::directory::Host;
use crate::plan::{Class, Plan};
use crate::settings::{self, Settings};
use crate::{changes, check, discover, fault, prepare, read, write};

/// The generic LDAP connector.
#[derive(Debug)]
pub struct Ldap {
    /// Settings as they came; read only where they are needed.
    config: String,
    prepared: Option<Vec<u8>>,
}

impl Ldap {
    fn settings(&self) -> Result<Settings, Error> {
        settings::parse(&self.config).map_err(|problems| prepare::refused(&problems))
    }

    /// Runs `operation` with the plan: the prepared one, else one made on the spot.
    fn with_plan<T>(&self, operation: impl FnOnce(&Plan<'_>) -> Result<T, Error>) -> Result<T, Error> {
        match &self.prepared {
            Some(bytes) => operation(&Plan::decode(bytes)?),
            None => {
                let settings = self.settings()?;
                let bytes = prepare::prepare(&mut open(&settings.binding)?, &settings)?;
                operation(&Plan::decode(&bytes)?)
            }
        }
    }

    /// Runs `operation` on a connection, with the plan of `class`.
    fn with_class<T>(
        &self,
        class: &str,
        operation: impl FnOnce(&mut Host, &Class) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with_plan(|plan| {
            let class = plan.class(class)?;
            operation(&mut open(plan.binding)?, &class)
        })
    }
}

/// The time by the host's clock.
fn now(ctx: &Context) -> Instant {
    Instant::EPOCH.plus(i64::try_from(ctx.now_ms).unwrap_or(i64::MAX))
}

/// Leases a connection.
fn open(binding: &str) -> Result<Host, Error> {
    Host::open(binding).map_err(|error| fault::plain(&error))
}

impl Connector for Ldap {
    fn describe() -> Descriptor {
        Descriptor {
            id: "ldap".to_owned(),
            display_name: "LDAP directory".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            documentation: None,
            config_schema: settings::SCHEMA.to_owned(),
            bindings: vec![BindingSpec {
                name: "directory".to_owned(),
                capability: "patchbay:ldap".to_owned(),
                required: true,
                description: "The directory with the entries that the classes describe.".to_owned(),
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
        self.with_plan(|plan| Ok(plan.classes()?.iter().map(discover::class).collect()))
    }

    fn get(&self, _ctx: &Context, class: &str, uid: &str, attributes: &[String]) -> Result<Object, Error> {
        self.with_class(class, |db, class| read::get(db, class, uid, attributes))
    }

    fn search(&self, _ctx: &Context, query: Query) -> Result<Page, Error> {
        self.with_plan(|plan| {
            let class = plan.class(&query.class)?;
            match read::parked(&query)? {
                Some(token) => {
                    let resumed = Host::resume(plan.binding, &token).map_err(|error| fault::plain(&error));
                    let (mut db, search) = resumed?;
                    read::search(&mut db, &class, &query, Some(search))
                }
                None => read::search(&mut open(plan.binding)?, &class, &query, None),
            }
        })
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

    fn latest_token(&self, ctx: &Context, class: &str) -> Result<Vec<u8>, Error> {
        self.with_class(class, |db, class| changes::latest(db, class, now(ctx)))
    }

    fn first_token(&self, ctx: &Context, class: &str) -> Result<Beginning, Error> {
        self.with_class(class, |db, class| changes::first(db, class, now(ctx)))
    }

    fn changes(
        &self,
        ctx: &Context,
        class: &str,
        token: &[u8],
        attributes: &[String],
        limit: u32,
        wait: u32,
    ) -> Result<SyncPage, Error> {
        self.with_class(class, |db, class| changes::since(db, class, token, attributes, limit, wait, now(ctx)))
    }
}
