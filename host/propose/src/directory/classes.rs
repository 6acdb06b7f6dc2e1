//! What the schema says that entries of an object class may have.

use std::collections::BTreeMap;

use patchbay_capability::ldap::Entry;

use super::texts;

/// Longest line of object classes above one, against schemas that go in circles.
const MAX_DEPTH: usize = 32;
/// An object class whose entries may have everything (RFC 4512, section 4.3).
const EVERYTHING: &str = "extensibleobject";

/// Object classes of a schema, by their names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectClasses(BTreeMap<String, Class>);

/// What one says for itself; names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Class {
    above: Vec<String>,
    attributes: Vec<String>,
}

impl ObjectClasses {
    /// Reads the descriptions in a subschema (RFC 4512, section 4.1.1). Attributes are known by
    /// all of their names.
    pub fn read(schema: &Entry) -> Self {
        let names = texts(schema, "attributeTypes").map(|text| list(&words(text), "NAME"));
        let names: Vec<Vec<String>> = names.filter(|names| names.len() > 1).collect();
        let mut classes = BTreeMap::new();
        for text in texts(schema, "objectClasses") {
            let words = words(text);
            let own: Vec<String> = [list(&words, "MUST"), list(&words, "MAY")].concat();
            let others = names.iter().filter(|names| names.iter().any(|name| own.contains(name))).flatten().cloned();
            let attributes: Vec<String> = own.iter().cloned().chain(others).collect();
            for name in list(&words, "NAME") {
                classes.insert(name, Class { above: list(&words, "SUP"), attributes: attributes.clone() });
            }
        }
        Self(classes)
    }

    /// Whether an entry of these object classes may have an attribute; none where the schema
    /// does not say.
    pub(super) fn allow(&self, classes: &[String], attribute: &str) -> Option<bool> {
        let attribute = attribute.to_ascii_lowercase();
        let mut open: Vec<String> = classes.iter().map(|class| class.to_ascii_lowercase()).collect();
        let mut unknown = false;
        for _ in 0..MAX_DEPTH {
            if open.iter().any(|class| class == EVERYTHING) {
                return Some(true);
            }
            let mut above = Vec::new();
            for class in open {
                match self.0.get(&class) {
                    Some(class) if class.attributes.contains(&attribute) => return Some(true),
                    Some(class) => above.extend(class.above.iter().cloned()),
                    None => unknown = true,
                }
            }
            if above.is_empty() {
                return (!unknown).then_some(false);
            }
            above.sort_unstable();
            above.dedup();
            open = above;
        }
        None
    }
}

/// A part of a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'t> {
    Open,
    Close,
    /// As it is; a keyword among others.
    Plain(&'t str),
    /// What was in quotes.
    Quoted(&'t str),
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = match first {
            '(' => {
                words.push(Word::Open);
                after
            }
            ')' => {
                words.push(Word::Close);
                after
            }
            '\'' => {
                let (quoted, after) = after.split_once('\'').unwrap_or((after, ""));
                words.push(Word::Quoted(quoted));
                after
            }
            '$' => after,
            first if first.is_whitespace() => after,
            _ => {
                let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '$' | '\'');
                let (plain, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
                words.push(Word::Plain(plain));
                after
            }
        };
    }
    words
}

/// What follows a keyword, one or several in parentheses, in lower case.
fn list(words: &[Word<'_>], keyword: &str) -> Vec<String> {
    let mut after = words.iter().skip_while(|word| **word != Word::Plain(keyword)).skip(1).peekable();
    let most = if after.next_if(|word| **word == Word::Open).is_some() { usize::MAX } else { 1 };
    let name = |word: &Word<'_>| match word {
        Word::Plain(name) | Word::Quoted(name) => Some(name.to_ascii_lowercase()),
        Word::Open | Word::Close => None,
    };
    after.map_while(name).take(most).collect()
}
