//! A column as the plan knows it.

mod charset;
mod words;

use patchbay_connector::ValueType;
use patchbay_connector::sql::{self, ColumnInfo, ColumnKind, Generation};
use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;
pub use charset::Charset;
pub use words::Words;

/// A column: what the database has, and how its values are to be taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What the database stores.
    pub native: Native,
    /// Type of its values in the contract.
    pub kind: Kind,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// Longest text in characters.
    pub max_length: Option<u32>,
    /// Digits of an exact decimal, where the database has a limit.
    pub digits: Option<Digits>,
    /// `CHAR(n)` in the database.
    pub padded: bool,
    /// Whether trailing spaces do not count.
    pub trim: bool,
    /// Whether the database's own `=` tells upper from lower case.
    pub native_case: bool,
    /// Whether comparisons are to tell upper from lower case.
    pub case_exact: bool,
    /// Whether the database gives it a value when an insert leaves it out.
    pub generated: bool,
    /// Whether it can be written at all.
    pub computed: bool,
    /// Whether the database numbers it itself.
    pub identity: bool,
    /// Whether text without characters would be no value.
    pub never_empty: bool,
    /// The characters that it can hold.
    pub charset: Charset,
    /// The only values that it can hold, where a number would stand for one of them.
    pub words: Option<Words>,
    /// The collation of text in a code page, where that is sorted in another way than Unicode.
    pub narrow: Option<String>,
    /// Whether it is a float of 32 bits, which compares as another number than it is read as.
    pub single: bool,
}

/// How many digits `DECIMAL(p, s)` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digits {
    /// Before the point.
    pub whole: u16,
    /// Behind it.
    pub fraction: u16,
}

impl Digits {
    /// What the type's name says, as in `numeric(10,2)`; none where it has no limit.
    fn of(type_name: &str) -> Option<Self> {
        let (_, rest) = type_name.split_once('(')?;
        let (inside, _) = rest.split_once(')')?;
        let (precision, scale) = inside.split_once(',').unwrap_or((inside, "0"));
        let (precision, fraction) = (precision.trim().parse::<u16>().ok()?, scale.trim().parse().ok()?);
        Some(Self { whole: precision.checked_sub(fraction)?, fraction })
    }
}

/// What the database stores in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Native {
    /// A truth value.
    Boolean,
    /// An integer of so many bits.
    Integer {
        /// 16, 32 or 64.
        bits: u8,
    },
    /// A binary float.
    Float,
    /// An exact decimal.
    Decimal,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A point in time.
    Timestamp,
    /// A UUID.
    Uuid,
    /// A JSON document.
    Json,
    /// An enumeration or another type that is written and read as text, but compares
    /// with text only after a cast.
    Opaque,
}

/// Type of values in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Unicode text.
    Text,
    /// A truth value.
    Boolean,
    /// A 64-bit integer.
    Integer,
    /// An exact decimal.
    Decimal,
    /// A point in time.
    Timestamp,
    /// Bytes.
    Binary,
    /// A JSON document.
    Json,
}

impl Kind {
    /// The contract's name for it.
    pub fn value_type(self) -> ValueType {
        match self {
            Self::Text => ValueType::Text,
            Self::Boolean => ValueType::Boolean,
            Self::Integer => ValueType::Integer,
            Self::Decimal => ValueType::Decimal,
            Self::Timestamp => ValueType::Timestamp,
            Self::Binary => ValueType::Binary,
            Self::Json => ValueType::Json,
        }
    }
}

/// Text types of PostgreSQL that compare with a text parameter as they are.
const PLAIN_TEXT: [&str; 7] = ["text", "character varying", "varchar", "character", "bpchar", "name", "citext"];

impl Column {
    /// The column as the catalogue has it, with the defaults that its type suggests.
    pub fn of(info: &ColumnInfo, dialect: Dialect) -> Self {
        let type_name = info.type_name.to_ascii_lowercase();
        let mysql = dialect == Dialect::Mysql;
        let words = if mysql { Words::of(&info.type_name) } else { None };
        let native = match info.kind {
            ColumnKind::Boolean => Native::Boolean,
            ColumnKind::Integer => Native::Integer { bits: bits(&type_name, dialect) },
            ColumnKind::Float => Native::Float,
            ColumnKind::Decimal => Native::Decimal,
            ColumnKind::Text if dialect == Dialect::Postgres && !is_plain_text(&type_name) => Native::Opaque,
            // They are text to a comparison, and numbers to an order.
            ColumnKind::Text if words.is_some() => Native::Opaque,
            ColumnKind::Text => Native::Text,
            ColumnKind::Bytes => Native::Bytes,
            ColumnKind::Date => Native::Date,
            ColumnKind::Time => Native::Time,
            ColumnKind::Timestamp => Native::Timestamp,
            ColumnKind::Uuid => Native::Uuid,
            ColumnKind::Json => Native::Json,
            // A column without a declared type takes anything on SQLite; there is nothing to cast.
            ColumnKind::Other if dialect == Dialect::Sqlite => Native::Text,
            ColumnKind::Other => Native::Opaque,
        };
        Self {
            name: info.name.clone(),
            native,
            kind: native.default_kind(),
            nullable: info.nullable,
            max_length: info.max_length,
            digits: (native == Native::Decimal).then(|| Digits::of(&type_name)).flatten(),
            padded: info.padded,
            trim: info.padded,
            native_case: info.case_sensitive,
            case_exact: info.case_sensitive,
            generated: info.generation != Generation::None,
            computed: info.generation == Generation::Computed,
            identity: info.generation == Generation::Identity,
            never_empty: dialect.empty_is_null(),
            charset: if mysql { Charset::of(&type_name) } else { Charset::Unicode },
            words,
            narrow: if dialect == Dialect::Mssql { narrow(&info.type_name) } else { None },
            single: native == Native::Float && is_single(&type_name, dialect),
        }
    }

    /// Whether the column is known to be able to hold all characters of a value.
    pub fn holds(&self, value: &sql::Value) -> bool {
        match value {
            sql::Value::Text(text) => self.charset.holds(text),
            _ => true,
        }
    }

    /// Whether `compile` may give the column's values this type.
    pub fn can_be(&self, kind: Kind) -> bool {
        kind == self.native.default_kind()
            || matches!(
                (self.native, kind),
                (Native::Integer { .. }, Kind::Boolean | Kind::Decimal | Kind::Text)
                    | (Native::Decimal | Native::Float, Kind::Text)
                    | (Native::Decimal, Kind::Integer | Kind::Boolean)
                    | (Native::Text, Kind::Timestamp | Kind::Json | Kind::Integer | Kind::Decimal)
                    | (Native::Timestamp | Native::Json, Kind::Text)
                    | (Native::Date, Kind::Timestamp)
            )
    }

    /// Whether the database must be asked to forget trailing spaces: all but SQLite do so for
    /// `CHAR(n)` on their own, and Oracle, where what it is compared with is of another type.
    pub fn needs_rtrim(&self, dialect: Dialect) -> bool {
        self.trim
            && self.native == Native::Text
            && (!self.padded || matches!(dialect, Dialect::Sqlite | Dialect::Oracle))
    }
}

impl Native {
    /// The contract's type for it where the settings do not say.
    pub fn default_kind(self) -> Kind {
        match self {
            Self::Boolean => Kind::Boolean,
            Self::Integer { .. } => Kind::Integer,
            Self::Float | Self::Decimal => Kind::Decimal,
            Self::Text | Self::Date | Self::Time | Self::Uuid | Self::Opaque => Kind::Text,
            Self::Bytes => Kind::Binary,
            Self::Timestamp => Kind::Timestamp,
            Self::Json => Kind::Json,
        }
    }

    /// Whether a column of this type can be part of a key.
    pub fn can_be_key(self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Decimal | Self::Uuid | Self::Text | Self::Opaque)
    }
}

/// Width of an integer type, so that a number that does not fit is found here and not
/// by an error of the database.
fn bits(type_name: &str, dialect: Dialect) -> u8 {
    match (dialect, type_name) {
        (Dialect::Postgres, "smallint" | "int2" | "smallserial") => 16,
        (Dialect::Postgres, "integer" | "int" | "int4" | "serial") => 32,
        // The unsigned ones hold half as much again.
        (Dialect::Mysql, name) if name.contains("unsigned") => 64,
        (Dialect::Mysql, name) => match name.split(['(', ' ']).next() {
            Some("smallint") => 16,
            Some("int" | "integer") => 32,
            _ => 64,
        },
        (Dialect::Mssql, "tinyint" | "smallint") => 16,
        (Dialect::Mssql, "int") => 32,
        (Dialect::Db2 | Dialect::Hana | Dialect::Ansi, "smallint" | "int2") => 16,
        (Dialect::Db2 | Dialect::Hana | Dialect::Ansi, "integer" | "int" | "int4" | "serial") => 32,
        _ => 64,
    }
}

/// The collation that a type's name ends with, as in `varchar(40) collate NAME`.
fn narrow(type_name: &str) -> Option<String> {
    let (_, name) = type_name.rsplit_once(" collate ")?;
    // It becomes text of statements.
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then(|| name.to_owned())
}

/// Whether a float has 32 bits.
fn is_single(type_name: &str, dialect: Dialect) -> bool {
    match (dialect, type_name.split(['(', ' ']).next()) {
        (Dialect::Sqlite, _) => false,
        (Dialect::Mysql, name) => name == Some("float"),
        (_, name) => matches!(name, Some("real" | "float4" | "smallfloat" | "binary_float")),
    }
}

fn is_plain_text(type_name: &str) -> bool {
    let name = type_name.split('(').next().unwrap_or_default().trim();
    PLAIN_TEXT.iter().any(|plain| name == *plain || name.ends_with(&format!(".{plain}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collations_are_plain_names() {
        let name = "SQL_Latin1_General_CP1_CI_AS";
        assert_eq!(narrow(&format!("varchar(40) collate {name}")).as_deref(), Some(name));
        assert_eq!(narrow("varchar(40)"), None);
        assert_eq!(narrow("varchar(40) collate a) --"), None);
    }

    #[test]
    fn floats_of_32_bits() {
        for (dialect, type_name, expected) in [
            (Dialect::Mysql, "float(7,2) unsigned", true),
            (Dialect::Mysql, "double", false),
            (Dialect::Postgres, "real", true),
            (Dialect::Postgres, "double precision", false),
            (Dialect::Mssql, "real", true),
            (Dialect::Mssql, "float", false),
            (Dialect::Sqlite, "real", false),
        ] {
            assert_eq!(is_single(type_name, dialect), expected, "{dialect:?} {type_name}");
        }
    }

    #[test]
    fn digits_of_decimal_types() {
        let check = |type_name: &str, expected: Option<(u16, u16)>| {
            let digits = Digits::of(type_name).map(|digits| (digits.whole, digits.fraction));
            assert_eq!(digits, expected, "{type_name}");
        };
        check("numeric(10,2)", Some((8, 2)));
        check("decimal(10, 2) unsigned", Some((8, 2)));
        check("number(5)", Some((5, 0)));
        check("numeric", None);
        check("money", None);
        check("numeric(2,5)", None);
        check("numeric(3,-2)", None);
    }
}
