//! Statements of the administrator's own, at work: what stands for their parameters, how they
//! are run, and what their errors mean.

mod environment;
mod run;

pub(crate) use environment::Environment;
pub(crate) use run::{Failed, call, steps};

use patchbay_connector::sql::{self, Builder};

use crate::condition::{self, OWN};
use crate::plan::Class;
use crate::plan::statement::{Act, Piece, Step};

/// Appends `FROM` what objects of the class are read from, as [`OWN`]: its table, or a SELECT
/// of the administrator's in its place. `key` where one object is wanted.
pub(crate) fn from(sql: &mut Builder, class: &Class, key: Option<&[sql::Value]>) {
    let custom = class.custom.as_deref();
    let get = key.and_then(|key| Some((custom?.get.as_ref()?, key)));
    let (step, key) = match (get, custom.and_then(|custom| custom.search.as_ref())) {
        (Some((get, key)), _) => (get, key),
        (None, Some(search)) => (search, [].as_slice()),
        (None, None) => return condition::from(sql, &class.table, OWN),
    };
    match &step.act {
        Act::Query { text, .. } | Act::Execute { text, .. } => {
            let mut environment = Environment::default();
            environment.key(class, key);
            sql.text(" FROM (").append(written(text, &environment)).text(") ").text(OWN);
        }
        // Nothing is selected from a procedure: whoever reads asks for that first.
        Act::Call { .. } => condition::from(sql, &class.table, OWN),
    }
}

/// The procedure that reads one object of the class, or all, if one does.
pub(crate) fn reader(class: &Class, one: bool) -> Option<&Step> {
    let custom = class.custom.as_deref()?;
    let get = custom.get.as_ref().filter(|_| one);
    // Without a way to one object, it is looked for among all.
    get.or(custom.search.as_ref()).filter(|step| step.is_call())
}

/// A statement with what stands for its parameters.
fn written(text: &[Piece], environment: &Environment) -> Builder {
    let mut sql = Builder::new();
    for piece in text {
        match piece {
            Piece::Text(text) => sql.text(text),
            Piece::Param(param) => sql.param(environment.get(param)),
        };
    }
    sql
}
