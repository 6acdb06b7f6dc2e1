//! `from_target` expressions: CEL over native attributes, read-only.

mod variables;

use std::sync::{Arc, LazyLock};

use cel::{Context, Env, Program, Value as Cel};
use patchbay_contract::{Cell, Value};
use serde_json::Value as Json;

/// CEL's own functions: making them anew for every value would cost more than using them.
static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A compiled expression and the native attributes it reads.
pub(crate) struct Expression {
    program: Program,
    source: String,
    variables: Vec<String>,
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

impl Expression {
    /// Compiles `source`; the message of a failure says where it is wrong.
    pub(crate) fn compile(source: &str) -> Result<Self, String> {
        let program = Program::compile(source).map_err(|errors| errors.to_string())?;
        let variables = variables::free(program.expression()).into_iter().collect();
        Ok(Self { program, source: source.to_owned(), variables })
    }

    /// Native attributes the expression reads, sorted.
    pub(crate) fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Evaluates with the cells of [`Expression::variables`], in that order.
    ///
    /// An expression that fails on this object (typically because one of its attributes
    /// is absent) has no value: the attribute is left out, as any other absent one.
    pub(crate) fn evaluate(&self, cells: &[&Cell]) -> Option<Json> {
        let mut context = Context::with_env(Arc::clone(&STANDARD));
        for (name, cell) in self.variables.iter().zip(cells) {
            context.add_variable_from_value(name.clone(), to_cel(cell));
        }
        match self.program.execute(&context) {
            Ok(value) => from_cel(&value),
            Err(error) => {
                tracing::debug!(expression = %self.source, %error, "An expression has no value for this object.");
                None
            }
        }
    }
}

fn to_cel(cell: &Cell) -> Cel {
    match cell.as_slice() {
        [] => Cel::Null,
        [one] => scalar_to_cel(one),
        many => Cel::List(many.iter().map(scalar_to_cel).collect::<Vec<_>>().into()),
    }
}

fn scalar_to_cel(value: &Value) -> Cel {
    match value {
        Value::Boolean(b) => Cel::Bool(*b),
        Value::Integer(i) => Cel::Int(*i),
        Value::Decimal(d) => d.parse().map_or_else(|_| Cel::String(d.clone().into()), Cel::Float),
        Value::Binary(b) => Cel::Bytes(b.clone().into()),
        Value::Text(s) | Value::Timestamp(s) | Value::Reference(s) | Value::Json(s) => Cel::String(s.clone().into()),
        Value::Secret(_) => Cel::Null,
    }
}

fn from_cel(value: &Cel) -> Option<Json> {
    match value {
        Cel::String(s) => Some(Json::String(s.as_str().to_owned())),
        Cel::Bool(b) => Some(Json::Bool(*b)),
        Cel::Int(i) => Some(Json::from(*i)),
        Cel::UInt(u) => Some(Json::from(*u)),
        Cel::Float(f) => serde_json::Number::from_f64(*f).map(Json::Number),
        Cel::List(items) => Some(Json::Array(items.iter().filter_map(from_cel).collect())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, cells: &[Cell], want: Option<Json>) {
        let expression = Expression::compile(source).unwrap();
        let cells: Vec<&Cell> = cells.iter().collect();
        assert_eq!(expression.evaluate(&cells), want, "{source}");
    }

    #[test]
    fn reads_native_attributes_by_name() {
        let text = |s: &str| vec![Value::Text(s.into())];
        check("first + ' ' + last", &[text("Ada"), text("Byron")], Some("Ada Byron".into()));
        check("level > 3", &[vec![Value::Integer(4)]], Some(true.into()));
        check("size(mails)", &[vec![Value::Text("a".into()), Value::Text("b".into())]], Some(2.into()));
    }

    #[test]
    fn is_absent_when_an_attribute_it_needs_is() {
        check("first + ' ' + last", &[vec![Value::Text("Ada".into())], vec![]], None);
    }

    #[test]
    fn what_a_comprehension_binds_is_no_attribute() {
        let names = |source: &str| Expression::compile(source).unwrap().variables().to_vec();
        assert_eq!(names("[login, login].map(x, x + '!')"), ["login"]);
        assert_eq!(names("mails.filter(m, m.startsWith(login)).exists(n, n == first)"), ["first", "login", "mails"]);
        assert_eq!(names("mails.map(x, mails.map(y, x + y))"), ["mails"]);
        assert_eq!(names("[x] + mails.map(x, x)"), ["mails", "x"]);
        assert_eq!(names("mails.map(x, x) + [x]"), ["mails", "x"]);
        assert_eq!(names("x.map(x, x)"), ["x"]);
        assert_eq!(names("{'a': login}[first]"), ["first", "login"]);
        let text = |s: &str| vec![Value::Text(s.into())];
        check("[login, login].map(x, x + '!')", &[text("ada")], Some(serde_json::json!(["ada!", "ada!"])));
        check(
            "mails.exists(x, x == y) ? x : ''",
            &[vec![Value::Text("a".into()), Value::Text("b".into())], text("ada"), text("b")],
            Some("ada".into()),
        );
    }

    #[test]
    fn says_where_it_is_wrong() {
        assert!(Expression::compile("first + ").is_err());
    }
}
