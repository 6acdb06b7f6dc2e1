//! The SQL capability: the host's types, and a builder for statements.
//!
//! A statement is a list of fragments. Text is the connector's own SQL; names of the
//! target and values are handed over beside it, and the host quotes and binds them.

pub use crate::bindings::patchbay::sql::client::{
    Argument, Batch, CallResult, Column, ColumnInfo, ColumnKind, Connection, Cursor, Dialect, Direction, Error,
    Failure, ForeignKey, Fragment, Generation, Row, Statement, TableInfo, UniqueKey, Value,
};

/// Builds a [`Statement`].
///
/// ```
/// use patchbay_connector::sql::{Builder, Value};
/// let mut sql = Builder::new();
/// sql.text("SELECT ").ident(["t", "login"]).text(" FROM ").ident(["person"]).text(" t WHERE ").ident(["t", "id"]);
/// sql.text(" = ").param(Value::Integer(7));
/// assert_eq!(sql.to_string(), r#"SELECT "t"."login" FROM "person" t WHERE "t"."id" = ?1"#);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Builder {
    fragments: Vec<Fragment>,
    params: Vec<Value>,
}

impl Builder {
    /// An empty statement.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends SQL text. Never put a name of the target or a value into it.
    pub fn text(&mut self, text: &str) -> &mut Self {
        // One fragment instead of many: each is a copy over the component boundary.
        if let Some(Fragment::Text(last)) = self.fragments.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.fragments.push(Fragment::Text(text.to_owned()));
        }
        self
    }

    /// Appends a qualified name, part by part.
    pub fn ident<S: Into<String>>(&mut self, parts: impl IntoIterator<Item = S>) -> &mut Self {
        self.fragments.push(Fragment::Identifier(parts.into_iter().map(Into::into).collect()));
        self
    }

    /// Appends a placeholder for `value`.
    pub fn param(&mut self, value: Value) -> &mut Self {
        let index = u32::try_from(self.params.len()).unwrap_or(u32::MAX);
        self.params.push(value);
        self.fragments.push(Fragment::Param(index));
        self
    }

    /// Appends what `each` appends for every item, with `separator` between.
    pub fn list<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.text(separator);
            }
            each(self, item);
        }
        self
    }

    /// Appends another statement; its parameters come along.
    pub fn append(&mut self, other: Self) -> &mut Self {
        let offset = u32::try_from(self.params.len()).unwrap_or(u32::MAX);
        for fragment in other.fragments {
            match fragment {
                Fragment::Text(text) => {
                    self.text(&text);
                }
                Fragment::Identifier(parts) => self.fragments.push(Fragment::Identifier(parts)),
                Fragment::Param(index) => self.fragments.push(Fragment::Param(index.saturating_add(offset))),
            }
        }
        self.params.extend(other.params);
        self
    }

    /// Whether nothing was appended.
    pub fn is_empty(&self) -> bool {
        self.fragments.is_empty()
    }

    /// The statement.
    pub fn build(self) -> Statement {
        Statement { fragments: self.fragments, params: self.params }
    }
}

impl std::fmt::Display for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&render(&self.fragments))
    }
}

/// A readable form of a statement, for tests and messages. Not what the host runs: that
/// is quoted and numbered for the target's dialect.
pub fn render(fragments: &[Fragment]) -> String {
    let mut text = String::new();
    for fragment in fragments {
        match fragment {
            Fragment::Text(part) => text.push_str(part),
            Fragment::Identifier(parts) => {
                let quoted: Vec<String> =
                    parts.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
                text.push_str(&quoted.join("."));
            }
            Fragment::Param(index) => text.push_str(&format!("?{}", index.saturating_add(1))),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_text_and_renumbers_appended_parameters() {
        let mut inner = Builder::new();
        inner.ident(["b"]).text(" = ").param(Value::Integer(2));
        let mut sql = Builder::new();
        sql.text("SELECT ").text("1 WHERE ").ident(["a"]).text(" = ").param(Value::Integer(1)).text(" AND ");
        sql.append(inner);
        assert_eq!(sql.to_string(), r#"SELECT 1 WHERE "a" = ?1 AND "b" = ?2"#);
        let statement = sql.build();
        assert_eq!(statement.params, vec![Value::Integer(1), Value::Integer(2)]);
        assert_eq!(statement.fragments.len(), 8);
    }

    #[test]
    fn a_quote_in_a_name_stays_in_the_name() {
        let mut sql = Builder::new();
        sql.ident(["a\"b"]);
        assert_eq!(sql.to_string(), "\"a\"\"b\"");
    }
}
