//! A server whose one app has its people in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use patchbay::config::{Config, Secret};
use patchbay::server::{App, Listening, Token, Tokens};
use patchbay_contract::{
    Attribute, AttributeInfo, AttributeTraits, Cell, Connector, Context, Delta, Diagnostic, Error, ErrorKind, Object,
    ObjectClass, ObjectId, Operations, Page, Precision, Query, UpdateMode, Value, ValueType, WriteResult,
};
use patchbay_gateway::{AppConfig, Gateway};
use tokio::sync::Notify;

/// Token of the app `hr`.
pub(crate) const TOKEN: &str = "correct-horse-battery";

/// Token of the client of `hr` that stands for the user `ann`.
pub(crate) const TOKEN_OF_ANN: &str = "ann-ann-ann-ann";

/// A connector over a map from login to attributes.
#[derive(Debug, Default)]
pub(crate) struct People {
    rows: Mutex<BTreeMap<String, Vec<Attribute>>>,
    /// Told when a creation of `slow` has begun.
    pub(crate) begun: Notify,
    /// Waited for by a creation of `slow`.
    pub(crate) go_on: Notify,
}

impl People {
    /// Logins of all people.
    pub(crate) fn logins(&self) -> Vec<String> {
        self.rows.lock().unwrap().keys().cloned().collect()
    }

    fn object(&self, uid: &str, wanted: &[String]) -> Result<Object, Error> {
        let rows = self.rows.lock().unwrap();
        let row = rows.get(uid).ok_or_else(|| Error::new(ErrorKind::NotFound, "no such person"))?;
        let cell = |name: &String| -> Cell {
            row.iter().find(|attribute| attribute.name == *name).map(|a| a.values.clone()).unwrap_or_default()
        };
        Ok(Object { id: id(uid), cells: wanted.iter().map(cell).collect() })
    }
}

fn id(uid: &str) -> ObjectId {
    ObjectId { uid: uid.to_owned(), revision: None }
}

#[async_trait]
impl Connector for People {
    async fn test(&self, _: &Context) -> Result<Vec<Diagnostic>, Error> {
        Ok(Vec::new())
    }

    async fn discover(&self, _: &Context) -> Result<Vec<ObjectClass>, Error> {
        let attribute = |name: &str, required| AttributeInfo {
            name: name.to_owned(),
            native_name: None,
            kind: ValueType::Text,
            traits: AttributeTraits {
                required,
                unique: required,
                creatable: true,
                updatable: true,
                readable: true,
                ..AttributeTraits::default()
            },
            filterable: Vec::new(),
            target: None,
            description: None,
        };
        Ok(vec![ObjectClass {
            name: "person".to_owned(),
            native_name: None,
            update_mode: UpdateMode::Delta,
            name_attribute: Some("login".to_owned()),
            key: vec!["login".to_owned()],
            operations: Operations {
                get: true,
                search: true,
                create: true,
                update: true,
                delete: true,
                ..Default::default()
            },
            attributes: vec![attribute("login", true), attribute("title", false)],
            max_page_size: 100,
        }])
    }

    async fn get(&self, _: &Context, _: &str, uid: &str, attributes: &[String]) -> Result<Object, Error> {
        if uid == "unread" {
            return Err(Error::new(ErrorKind::Timeout, "no answer"));
        }
        self.object(uid, attributes)
    }

    async fn search(&self, _: &Context, query: Query) -> Result<Page, Error> {
        let objects =
            self.logins().iter().map(|uid| self.object(uid, &query.attributes)).collect::<Result<Vec<_>, _>>()?;
        let total = query.want_total.then_some(objects.len() as u64);
        let precision = if query.filter.is_none() { Precision::Exact } else { Precision::Superset };
        Ok(Page { objects, precision, next: None, total })
    }

    async fn create(&self, _: &Context, _: &str, attributes: Vec<Attribute>) -> Result<WriteResult, Error> {
        let login = attributes.iter().find(|attribute| attribute.name == "login").and_then(|a| a.values.first());
        let Some(Value::Text(login)) = login.cloned() else {
            return Err(Error::new(ErrorKind::InvalidValue, "login is missing").attribute("login"));
        };
        match login.as_str() {
            "slow" => {
                self.begun.notify_one();
                self.go_on.notified().await;
            }
            "boom" => panic!("a bug in the host"),
            "down" => return Err(Error::new(ErrorKind::Unavailable, "no connection")),
            "late" => {
                self.rows.lock().unwrap().insert(login, attributes);
                return Err(Error::new(ErrorKind::Timeout, "no answer"));
            }
            _ => {}
        }
        self.rows.lock().unwrap().insert(login.clone(), attributes);
        Ok(WriteResult { id: id(&login), side_effects: Vec::new() })
    }

    async fn update(
        &self,
        _: &Context,
        _: &str,
        _: &str,
        _: Option<&str>,
        _: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        Err(Error::new(ErrorKind::Unsupported, "not in this test"))
    }

    async fn delete(&self, _: &Context, _: &str, uid: &str, _: Option<&str>) -> Result<(), Error> {
        self.rows.lock().unwrap().remove(uid);
        Ok(())
    }
}

/// A configuration with this `[server]` table, and no apps.
pub(crate) fn server_config(server: &str) -> Config {
    format!("[server]\nlisten = \"127.0.0.1:0\"\n{server}").parse().unwrap()
}

/// A server with the apps `hr` (also an ECMA host) and `crm`, whose tokens differ. Each may
/// have half of the requests at a time.
pub(crate) async fn start(server: &str) -> (Listening, Arc<People>) {
    let people = Arc::new(People::default());
    let settings = server_config(server).server;
    let resources = r#"
        [User]
        class = "person"
        attributes = { userName = "login", title = "title" }
    "#;
    let token = |name: &str, secret: &str| Token::new(name, &Secret::new(secret)).unwrap();
    let app = |tokens, ecma2host| {
        let mapping =
            AppConfig { resources: toml::from_str(resources).unwrap(), client: "default".to_owned(), ecma2host };
        App {
            tokens: Tokens::from(tokens),
            gateway: Arc::new(Gateway::new(&mapping, Arc::clone(&people) as Arc<dyn Connector>).unwrap()),
            deadline: Duration::from_secs(10),
            requests: settings.limits.requests.div_ceil(2),
            ecma2host,
        }
    };
    let ann = token("ann", TOKEN_OF_ANN).standing_for(Some("ann".to_owned()));
    let apps = [
        ("hr".to_owned(), app(vec![token("main", TOKEN), ann], true)),
        ("crm".to_owned(), app(vec![token("main", "another-token-12")], false)),
    ];
    let listening = Listening::start(&settings, HashMap::from(apps)).await.unwrap();
    (listening, people)
}
