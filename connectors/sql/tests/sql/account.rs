//! Classes of an application whose accounts are read and written by statements and procedures
//! of its own: a class without a table, by the same rules on all databases.

use patchbay_contract::{Attribute, Change, Delta, Error, Value};
use serde_json::{Value as Json, json};

use crate::target::{Kind, Target, attribute, delta, text};
use crate::way;

/// The class `account` with these operations.
pub(crate) fn settings(operations: &Json) -> Json {
    json!({ "classes": {
        "account": {
            "key": "account_id",
            "name": "login",
            "attributes": {
                "account_id": { "type": "integer" },
                "login": { "required": true, "max_length": 300 },
                "mail": { "max_length": 300 },
                "active": { "type": "boolean" },
                "hash": { "write_only": true },
            },
            "multi": { "teams": {
                "table": "account_team", "parent": "account_id", "value": "team_id", "class": "team",
            } },
            "operations": operations,
        },
        "team": { "table": "team", "name": "name" },
    } })
}

/// Every operation as statements.
pub(crate) fn statements(kind: Kind) -> Json {
    // A truth value is no condition on SQL Server, and has no word.
    let (changed, yes, no) = match kind {
        Kind::Mssql => (":changed.login = 1", "1", "0"),
        _ => (":changed.login", "true", "false"),
    };
    json!({
        "search": "SELECT account_id, login, mail, active FROM account -- all of them\n",
        "create": [
            "INSERT INTO account (login, mail) VALUES (:login, :mail)",
            { "sql": "SELECT account_id FROM account WHERE login = :login", "returns": "account_id" },
            "INSERT INTO account_log (what, login) VALUES (':login', :login)",
        ],
        "update": [
            "UPDATE account SET login = :login, mail = :mail WHERE account_id = :account_id",
            {
                "sql": format!("INSERT INTO account_log (what, login) SELECT 'renamed', :old.login FROM account \
                        WHERE account_id = :account_id AND {changed}"),
                "rows": "any",
            },
        ],
        "delete": [
            { "sql": "DELETE FROM account_team WHERE account_id = :account_id", "rows": "any" },
            "DELETE FROM account WHERE account_id = :account_id",
        ],
        "set": { "hash": "UPDATE account SET hash = :value WHERE login = :login" },
        "enable": { "active": format!("UPDATE account SET active = {yes} WHERE account_id = :account_id") },
        "disable": { "active": format!("UPDATE account SET active = {no} WHERE account_id = :account_id") },
        "add": { "teams": "INSERT INTO account_team VALUES (:account_id, :value)" },
        "remove": { "teams": "DELETE FROM account_team WHERE account_id = :account_id AND team_id = :value" },
    })
}

/// Every operation as a call.
pub(crate) fn procedures() -> Json {
    let errors = json!({
        // Its own states on SQL Server are numbers from 50000 on.
        "45001": { "kind": "invalid-value", "attribute": "login", "message": "such logins are not taken" },
        "45002": "conflict",
        "50001": { "kind": "invalid-value", "attribute": "login", "message": "such logins are not taken" },
        "50002": "conflict",
    });
    json!({
        "search": { "call": "list_accounts", "arguments": [{ "value": true }] },
        "create": [{
            "call": "add_account",
            "arguments": ["login", "mail", { "inout": "serial" }, { "out": "account_id" }, { "out": "rc" }],
            "result": { "from": "rc", "ok": 0, "errors": { "2": { "kind": "already-exists", "attribute": "login" } } },
        }],
        "update": { "call": "change_account", "arguments": ["account_id", "login", "mail"] },
        "delete": { "call": "drop_account", "arguments": ["account_id"] },
        "set": { "hash": { "call": "set_password", "arguments": ["login", "value"] } },
        "enable": { "active": { "call": "switch_account", "arguments": ["account_id", "value"] } },
        "disable": { "active": { "call": "switch_account", "arguments": ["account_id", "value"] } },
        "add": { "teams": { "call": "enter_team", "arguments": ["account_id", "value"] } },
        "remove": { "teams": { "call": "leave_team", "arguments": ["account_id", "value"] } },
        "errors": errors,
    })
}

/// A fresh database with the accounts' tables and procedures.
pub(crate) async fn target(kind: Kind, operations: &Json) -> Target {
    let target = Target::new(kind, settings(operations), false).await;
    target.script(match kind {
        Kind::Sqlite => include_str!("schema/account.sqlite.sql"),
        Kind::Postgres => include_str!("schema/account.postgres.sql"),
        Kind::MariaDb => include_str!("schema/account.mariadb.sql"),
        Kind::Mssql => include_str!("schema/account.mssql.sql"),
    });
    target.sql("INSERT INTO team (name) VALUES ('Red'), ('Blue')");
    target
}

/// Calls `case` for every way of writing the class and every database that has it.
pub(crate) async fn check<F: Future<Output = ()>>(case: impl Fn(Target) -> F) {
    for kind in Kind::all() {
        case(target(kind, &statements(kind)).await).await;
    }
    for kind in way::procedures() {
        let mut operations = procedures();
        // What goes in and comes back has to be known; nothing of an account is.
        operations["create"][0]["arguments"][2] = json!({ "out": "serial" });
        case(target(kind, &operations).await).await;
    }
}

/// Text that means something to somebody.
pub(crate) const NASTY: [&str; 8] = [
    "o'Hara",
    "'; DROP TABLE account; --",
    "\" OR 1 = 1 /*",
    "a\\' OR 1=1 -- \\",
    ":login :value $1 ? @P1 %(x)s",
    "` ]] [x] \u{2019}",
    "%_!",
    "\u{1f469}\u{200d}\u{1f469} \u{e9} \n\t ;",
];

pub(crate) fn account(login: &str, mail: &str) -> Vec<Attribute> {
    vec![attribute("login", [text(login)]), attribute("mail", [text(mail)])]
}

pub(crate) fn replace(name: &str, value: Value) -> Delta {
    delta(name, Change::Replace(vec![value]))
}

pub(crate) async fn update(target: &Target, uid: &str, deltas: Vec<Delta>) -> Result<(), Error> {
    target.update("account", uid, deltas).await.map(drop)
}
