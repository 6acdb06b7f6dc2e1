//! From the contract's filters to those of LDAP.
//!
//! What the server cannot evaluate becomes a condition that everything meets; the whole is
//! then a superset, which the host checks again.

use patchbay_connector::filter::{Node, Tree};
use patchbay_connector::ldap::{Assertion, Filter, FilterBuilder, FilterNode, Substring};
use patchbay_connector::{Comparator, Comparison, Error, ErrorKind, Fault, Value};

use crate::directory::Directory;
use crate::dynamic;
use crate::filetime;
use crate::link;
use crate::locate;
use crate::plan::{Attribute, Class, Link, Source};
use crate::syntax::Syntax;

/// A filter, and whether exactly those that match meet it.
#[derive(Debug, Clone, PartialEq)]
pub struct Matching {
    /// The filter, which holds the class's own.
    pub filter: Filter,
    /// Whether no other objects meet it.
    pub exact: bool,
}

/// The filter of the objects of a class that match.
pub fn matching(
    db: &mut impl Directory,
    class: &Class,
    nodes: Option<&[patchbay_connector::FilterNode]>,
) -> Result<Matching, Error> {
    let mut terms = Terms { db, class, filter: FilterBuilder::new() };
    let own = class.own.condition(&mut terms.filter);
    let Some(nodes) = nodes.filter(|nodes| !nodes.is_empty()) else {
        return Ok(Matching { filter: terms.filter.build(), exact: true });
    };
    let asked = Tree::new(nodes)?.fold(&mut |node, children| terms.node(node, children))?;
    if let Some(index) = asked.index {
        terms.filter.all(vec![own, index]);
        return Ok(Matching { filter: terms.filter.build(), exact: asked.exact });
    }
    Ok(Matching { filter: class.own.filter(), exact: asked.exact })
}

/// A part of the filter.
#[derive(Debug, Clone, Copy)]
struct Term {
    /// Its node; none where everything meets it.
    index: Option<u32>,
    exact: bool,
}

impl Term {
    /// Not known to the server.
    const UNKNOWN: Self = Self { index: None, exact: false };
    const EVERYTHING: Self = Self { index: None, exact: true };

    fn exact(index: u32) -> Self {
        Self { index: Some(index), exact: true }
    }
}

/// A filter in the making.
struct Terms<'a, D> {
    db: &'a mut D,
    class: &'a Class,
    filter: FilterBuilder,
}

impl<'a, D: Directory> Terms<'a, D> {
    fn node(&mut self, node: Node<'_>, children: Vec<Term>) -> Result<Term, Error> {
        Ok(match node {
            Node::And(_) => {
                let exact = children.iter().all(|child| child.exact);
                let indices: Vec<u32> = children.iter().filter_map(|child| child.index).collect();
                let index = (!indices.is_empty()).then(|| self.filter.all(indices));
                Term { index, exact }
            }
            Node::Or(_) => {
                let exact = children.iter().all(|child| child.exact);
                match children.iter().map(|child| child.index).collect::<Option<Vec<u32>>>() {
                    Some(indices) => Term { index: Some(self.filter.any(indices)), exact },
                    None => Term { index: None, exact },
                }
            }
            Node::Not(_) => match children.first() {
                Some(Term { index: Some(index), exact: true }) => Term::exact(self.filter.not(*index)),
                Some(Term { index: None, exact: true }) => self.nothing(),
                // Of a superset the opposite is too little.
                _ => Term::UNKNOWN,
            },
            Node::Present(name) => {
                let attribute = self.attribute(name)?;
                self.present(attribute)
            }
            Node::Compare(comparison) => self.compare(comparison)?,
            Node::Uid(uid) => match locate::by_id(&self.class.own, uid) {
                Some(filter) => Term::exact(self.filter.append(filter.build())),
                None => self.nothing(),
            },
        })
    }

    fn attribute(&self, name: &str) -> Result<&'a Attribute, Error> {
        let known = self.class.attribute(name).filter(|attribute| attribute.readable);
        known.ok_or_else(|| {
            Error::fault(ErrorKind::InvalidFilter, format!("`{name}` cannot be searched for")).with_attribute(name)
        })
    }

    fn nothing(&mut self) -> Term {
        Term::exact(self.filter.any(Vec::new()))
    }

    fn present(&mut self, attribute: &Attribute) -> Term {
        match &attribute.source {
            Source::Dn | Source::Active => Term::EVERYTHING,
            Source::Value => {
                let present = self.filter.present(&attribute.native);
                Term::exact(self.sometime(attribute, present))
            }
            Source::Reference(link) => {
                let mut all = vec![self.filter.present(&attribute.native)];
                // A placeholder is there exactly when nobody else is.
                if let Some(placeholder) = &link.placeholder {
                    let equal = self.filter.equal(&attribute.native, placeholder.as_str());
                    all.push(self.filter.not(equal));
                }
                Term::exact(self.filter.all(all))
            }
            // URLs need not find anybody.
            Source::Password | Source::Urls(_) | Source::Groups(_) => Term::UNKNOWN,
        }
    }

    /// The condition, and that the value does not stand for "never".
    fn sometime(&mut self, attribute: &Attribute, condition: u32) -> u32 {
        if attribute.syntax != Syntax::FileTime {
            return condition;
        }
        let name = &attribute.native;
        let not_yet = self.filter.equal(name, "0");
        // Active Directory orders its times, even if clients cannot be offered that.
        let never = if self.class.server.vendor.is_active_directory() {
            let end = Assertion { attribute: name.clone(), value: filetime::END.to_string().into_bytes() };
            self.filter.push(FilterNode::GreaterOrEqual(end))
        } else {
            self.filter.equal(name, filetime::NEVER.to_string())
        };
        let all = vec![condition, self.filter.not(not_yet), self.filter.not(never)];
        self.filter.all(all)
    }

    fn compare(&mut self, comparison: &Comparison) -> Result<Term, Error> {
        let attribute = self.attribute(&comparison.attribute)?;
        let (operator, value) = (comparison.operator, &comparison.value);
        if !attribute.evaluates(operator) {
            let message = format!("the directory cannot compare `{}` so", attribute.name);
            return Err(Error::fault(ErrorKind::InvalidFilter, message).with_attribute(&attribute.name));
        }
        match &attribute.source {
            Source::Active => Ok(self.active(operator, value)),
            Source::Reference(link) => self.reference(attribute, link, operator, value),
            Source::Urls(link) => self.found(attribute, link, value),
            Source::Value | Source::Dn => Ok(self.value(attribute, operator, value)),
            Source::Password | Source::Groups(_) => Ok(Term::UNKNOWN),
        }
    }

    fn active(&mut self, operator: Comparator, value: &Value) -> Term {
        let (Value::Boolean(wanted), Some(active)) = (value, &self.class.active) else { return self.nothing() };
        let wanted = *wanted == (operator == Comparator::Equal);
        active.condition(&mut self.filter, wanted).map_or(Term::UNKNOWN, Term::exact)
    }

    fn reference(
        &mut self,
        attribute: &Attribute,
        link: &Link,
        operator: Comparator,
        value: &Value,
    ) -> Result<Term, Error> {
        let (Value::Reference(id) | Value::Text(id)) = value else { return Ok(self.nothing()) };
        let stored = link::stored(self.db, link, [id.as_str()])?.remove(id);
        let equal = stored.map(|stored| {
            let any = stored.all().map(|value| self.filter.equal(&attribute.native, value.clone())).collect();
            self.filter.any(any)
        });
        Ok(match (equal, operator) {
            (Some(equal), Comparator::Equal) => Term::exact(equal),
            (Some(equal), _) => Term::exact(self.filter.not(equal)),
            (None, Comparator::Equal) => self.nothing(),
            (None, _) => Term::EVERYTHING,
        })
    }

    /// Groups whose URLs find an object.
    fn found(&mut self, attribute: &Attribute, link: &Link, value: &Value) -> Result<Term, Error> {
        let (Value::Reference(id) | Value::Text(id)) = value else { return Ok(self.nothing()) };
        let Some(name) = link::stored(self.db, link, [id.as_str()])?.remove(id) else { return Ok(self.nothing()) };
        let (own, name) = (&self.class.own, String::from_utf8_lossy(&name.own));
        let groups = dynamic::groups(self.db, &attribute.name, own, &attribute.native, &[&name])?;
        let stored = groups.iter().flatten().filter_map(|id| own.id.stored(id));
        let equal = stored.map(|stored| self.filter.equal(&own.id.attribute, stored)).collect();
        Ok(Term::exact(self.filter.any(equal)))
    }

    fn value(&mut self, attribute: &Attribute, operator: Comparator, value: &Value) -> Term {
        if matches!(value, Value::Text(text) if text.is_empty()) {
            return match operator {
                Comparator::NotEqual => Term::EVERYTHING,
                Comparator::Contains | Comparator::StartsWith | Comparator::EndsWith => self.present(attribute),
                _ => self.nothing(),
            };
        }
        let Ok(bytes) = attribute.syntax.encode(value) else {
            // A value that no entry can have matches nothing, and differs from everything.
            return match operator {
                Comparator::NotEqual => Term::EVERYTHING,
                _ => self.nothing(),
            };
        };
        let name = attribute.native.as_str();
        if self.class.server.vendor.folds_spaces() && is_part(operator) && has_loose_spaces(&bytes) {
            let index = Some(self.filter.present(name));
            return Term { index, exact: false };
        }
        let assertion = || Assertion { attribute: name.to_owned(), value: bytes.clone() };
        let empty = || Substring { attribute: name.to_owned(), prefix: None, infixes: Vec::new(), suffix: None };
        let index = match operator {
            Comparator::Equal => self.filter.equal(name, bytes),
            Comparator::NotEqual => {
                let equal = self.filter.equal(name, bytes);
                self.filter.not(equal)
            }
            Comparator::Contains => {
                self.filter.push(FilterNode::Substring(Substring { infixes: vec![bytes], ..empty() }))
            }
            Comparator::StartsWith => {
                self.filter.push(FilterNode::Substring(Substring { prefix: Some(bytes), ..empty() }))
            }
            Comparator::EndsWith => {
                self.filter.push(FilterNode::Substring(Substring { suffix: Some(bytes), ..empty() }))
            }
            Comparator::Greater | Comparator::GreaterOrEqual => {
                let bound = self.filter.push(FilterNode::GreaterOrEqual(assertion()));
                let bound = self.strictly(operator == Comparator::Greater, attribute, bound, bytes);
                self.sometime(attribute, bound)
            }
            Comparator::Less | Comparator::LessOrEqual => {
                let bound = self.filter.push(FilterNode::LessOrEqual(assertion()));
                let bound = self.strictly(operator == Comparator::Less, attribute, bound, bytes);
                self.sometime(attribute, bound)
            }
        };
        // Of several values, one may be equal and another one greater.
        let strict = matches!(operator, Comparator::Greater | Comparator::Less);
        if strict && attribute.stored_multi { Term { index: Some(index), exact: false } } else { Term::exact(index) }
    }

    /// The bound, without what is equal to it. Of an attribute with several values nothing
    /// is taken away, as another value may be beyond the bound.
    fn strictly(&mut self, strict: bool, attribute: &Attribute, bound: u32, value: Vec<u8>) -> u32 {
        if !strict || attribute.stored_multi {
            return bound;
        }
        let equal = self.filter.equal(&attribute.native, value);
        let other = self.filter.not(equal);
        self.filter.all(vec![bound, other])
    }
}

/// Whether an operator is about a part of a value.
fn is_part(operator: Comparator) -> bool {
    matches!(operator, Comparator::Contains | Comparator::StartsWith | Comparator::EndsWith)
}

/// Whether there are spaces at an end, or several in a row: what a server that folds them has no
/// more of in what it compares with (RFC 4518 section 2.6.1).
fn has_loose_spaces(text: &[u8]) -> bool {
    text.first() == Some(&b' ') || text.last() == Some(&b' ') || text.windows(2).any(|pair| pair == b"  ")
}
