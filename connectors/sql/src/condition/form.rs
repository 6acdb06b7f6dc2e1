//! The form in which a column is compared: folded, trimmed, cast, or as it is.

use patchbay_connector::sql::{self, Builder};

use crate::dialect::Dialect;
use crate::plan::{Column, Kind, Native};

/// What is done to both sides before they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Text before and after, from the outside in.
    layers: [(&'static str, &'static str); 2],
}

impl Form {
    /// The form of a column. `text` asks for text whatever the type, for parts of it.
    pub(super) fn of(column: &Column, dialect: Dialect, text: bool) -> Self {
        const NONE: (&str, &str) = ("", "");
        let is_text = matches!(column.native, Native::Text | Native::Opaque) && column.kind == Kind::Text;
        let base = match column.native {
            Native::Timestamp => dialect.instant(),
            Native::Text if column.kind == Kind::Timestamp => dialect.instant(),
            Native::Opaque => dialect.as_text(),
            Native::Text if column.needs_rtrim(dialect) => dialect.rtrim(),
            // PostgreSQL ignores the padding of CHAR(n) in `=`, but not when parts match.
            Native::Text if column.padded && text => dialect.rtrim(),
            Native::Text => NONE,
            _ if text => dialect.as_text(),
            _ => NONE,
        };
        let case = match (is_text, column.case_exact, column.native_case) {
            (true, case, _) if text && dialect.plain(case).is_some() => dialect.plain(case).unwrap_or(NONE),
            (true, true, false) => dialect.exact_case(),
            (true, false, true) => ("lower(", ")"),
            // Parts are matched by functions that know nothing of the column's collation.
            (true, false, false) if text => ("lower(", ")"),
            _ => NONE,
        };
        Self { layers: [case, base] }
    }

    /// The same for a value that the column may be unable to hold.
    pub(super) fn in_unicode(self, dialect: Dialect) -> Self {
        let [case, _] = self.layers;
        Self { layers: [case, dialect.unicode()] }
    }

    pub(super) fn wrap(self, sql: &mut Builder, inner: impl FnOnce(&mut Builder)) {
        for (before, _) in self.layers {
            sql.text(before);
        }
        inner(sql);
        for (_, after) in self.layers.iter().rev() {
            sql.text(after);
        }
    }

    /// The same on a parameter, which has no column's type to be cast from.
    pub(super) fn wrap_param(self, sql: &mut Builder, dialect: Dialect, value: sql::Value) {
        let keep = |(before, after): (&'static str, &'static str)| match before {
            "CAST(" | "(" | "CONVERT(" => ("", ""),
            "(lower(" => ("lower(", ")"),
            _ => (before, after),
        };
        let kept = Self { layers: self.layers.map(keep) };
        let is_argument = kept.layers.iter().any(|(before, _)| !before.is_empty());
        let (before, after) = if is_argument { dialect.argument() } else { ("", "") };
        kept.wrap(sql, |sql| {
            sql.text(before).param(value).text(after);
        });
    }
}
