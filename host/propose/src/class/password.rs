//! The column with passwords, and how they are stored.

use patchbay_capability::sql::{ColumnInfo, ColumnKind, Generation};

use super::Builder;
use crate::content::{self, Stored};
use crate::draft::Draft;
use crate::interview::{Confidence, Question, Stopped};
use crate::names::Name;
use crate::proposal::{Line, Values};
use crate::vocabulary::{self, Role};

/// Schemes that are offered where no password was seen.
const SCHEMES: [(&str, &str); 6] = [
    ("argon2id", "\"argon2id\""),
    ("bcrypt ($2b$)", "\"bcrypt\""),
    ("bcrypt of PHP ($2y$)", "{ scheme = \"bcrypt\", variant = \"2y\" }"),
    ("PBKDF2 of Django", "\"django-pbkdf2-sha256\""),
    ("SHA-512 crypt ($6$)", "\"sha512-crypt\""),
    ("salted SHA-1 ({SSHA})", "\"ssha\""),
];

impl Builder<'_> {
    /// Adds the line of `password`, where the form is known or somebody knows it.
    pub(super) fn password(&mut self, draft: &mut Draft<'_>) -> Result<(), Stopped> {
        if self.class.read_only {
            return Ok(());
        }
        let own = Name::of(self.table.own_name());
        let texts = || {
            self.table.info.columns.iter().filter(|column| {
                column.kind == ColumnKind::Text
                    && !self.taken.contains(&column.name)
                    && column.generation != Generation::Computed
            })
        };
        let by_content = texts().find_map(|column| Some((column, self.commonest(&column.name)?)));
        let by_name = texts().filter_map(|column| {
            let name = Name::of(&column.name);
            vocabulary::rank(&name, &own, Role::Password).map(|rank| (rank, column))
        });
        let by_name = by_name.min_by_key(|(rank, _)| *rank).map(|(_, column)| column);
        let place = |column: &ColumnInfo| format!("{}.{}", self.table.title(), column.name);
        let (column, hash, confidence, reason) = match (by_content, by_name) {
            (Some((column, Stored { name, hash: Some(hash) })), _) => {
                (column, hash, Confidence::Sure, format!("{name} is in it"))
            }
            (Some((column, Stored { name, hash: None })), _) => {
                draft.note(format!(
                    "`{}` holds passwords as {name}, which Patchbay cannot make: they are not set.",
                    place(column)
                ));
                self.taken.push(column.name.clone());
                return Ok(());
            }
            (None, Some(column)) => {
                let (place, column_name) = (place(column), column.name.clone());
                self.taken.push(column_name);
                if self.table.samples_of(&column.name).is_some_and(|samples| samples.filled() > 0) {
                    draft.note(format!(
                        "`{place}` is called like a password and holds none in a form that Patchbay makes: \
                         passwords are not set."
                    ));
                    return Ok(());
                }
                let mut options: Vec<String> = SCHEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
                options.push("not known: do not set passwords".to_owned());
                let question = Question {
                    text: format!("How does the application store passwords in `{place}`?"),
                    because: "none were seen".to_owned(),
                    default: options.len() - 1,
                    options,
                };
                let option = draft
                    .ask(&question, |_| format!("Passwords are not set: no row shows how `{place}` stores them."))?;
                let Some((_, hash)) = SCHEMES.get(option) else { return Ok(()) };
                (column, *hash, Confidence::Sure, "you said so".to_owned())
            }
            (None, None) => return Ok(()),
        };
        let (attribute, values) = (column.name.clone(), Values::Hash(hash.to_owned()));
        self.take(Line { path: "password".to_owned(), attribute, values, confidence, reason });
        Ok(())
    }

    /// The form that most of a column's values are stored passwords of.
    pub(super) fn commonest(&self, column: &str) -> Option<Stored> {
        let samples = self.table.samples_of(column)?;
        if !samples.mostly(|text| content::stored(text).is_some()) {
            return None;
        }
        let mut forms: Vec<(Stored, usize)> = Vec::new();
        for stored in samples.texts().filter_map(|(text, _)| content::stored(text)) {
            match forms.iter_mut().find(|(known, _)| *known == stored) {
                Some((_, count)) => *count += 1,
                None => forms.push((stored, 1)),
            }
        }
        forms.into_iter().max_by_key(|(_, count)| *count).map(|(stored, _)| stored)
    }
}
