//! Steps: statements and calls with their parameters resolved.

use super::Subject;
use super::scope::{self, Place, Scope};
use super::text::{self, Token};
use crate::dialect::Dialect;
use crate::plan::compile::Problems;
use crate::plan::statement::{Act, Argument, Failed, Given, Meaning, Own, Piece, Step, Verdict};
use crate::plan::{Attribute, Constant, Kind, Native, Source};
use crate::settings::operations as own;
use crate::settings::{self, pointer};

/// Compiles steps, and says what is wrong with them.
pub(super) struct Writer<'a> {
    pub(super) dialect: Dialect,
    pub(super) subject: &'a Subject<'a>,
    pub(super) attributes: &'a [Attribute],
    /// What errors mean in all operations.
    pub(super) errors: &'a [(String, own::Meaning)],
    pub(super) write_only: &'a [String],
    pub(super) problems: &'a mut Problems,
}

impl<'a> Writer<'a> {
    /// Statements by attribute.
    pub(super) fn by_attribute(&mut self, own: &'a own::Operations, path: &str) -> Vec<(String, Own)> {
        let mut found = Vec::new();
        for (name, steps) in &own.set {
            let path = format!("{path}/set/{}", pointer(name));
            let Some(attribute) = self.attribute(name, false, &path) else { continue };
            if own.enable.iter().chain(&own.disable).any(|(other, _)| other == name) {
                self.problems.error(&path, "has `enable` and `disable` already");
            }
            let steps = self.steps(steps, Place::Value(attribute.own_columns()), &path);
            found.push((name.clone(), Own::Set(steps)));
        }
        for (ways, lists) in [
            ([("enable", &own.enable), ("disable", &own.disable)], false),
            ([("add", &own.add), ("remove", &own.remove)], true),
        ] {
            let [(one, ones), (other, others)] = ways;
            for (name, steps) in ones {
                let place = format!("{path}/{one}/{}", pointer(name));
                let Some(attribute) = self.attribute(name, lists, &place) else { continue };
                let Some((_, opposite)) = others.iter().find(|(known, _)| known == name) else {
                    self.problems.error(&place, format!("needs its opposite in `{other}`"));
                    continue;
                };
                let columns = match &attribute.source {
                    Source::Multi(multi) => multi.value.columns(),
                    _ => attribute.own_columns(),
                };
                if !lists && !matches!(&attribute.source, Source::Column(column) if column.kind == Kind::Boolean) {
                    self.problems.error(&place, format!("`{name}` is no truth value"));
                }
                let steps = self.steps(steps, Place::Value(columns), &place);
                let opposite =
                    self.steps(opposite, Place::Value(columns), &format!("{path}/{other}/{}", pointer(name)));
                let own = match lists {
                    true => Own::Values { add: steps, remove: opposite },
                    false => Own::Switch { enable: steps, disable: opposite },
                };
                found.push((name.clone(), own));
            }
            for (name, _) in others.iter().filter(|(name, _)| !ones.iter().any(|(known, _)| known == name)) {
                self.problems
                    .error(format!("{path}/{other}/{}", pointer(name)), format!("needs its opposite in `{one}`"));
            }
        }
        found
    }

    /// The attribute that a statement is for.
    fn attribute(&mut self, name: &str, list: bool, path: &str) -> Option<&'a Attribute> {
        let attributes = self.attributes;
        let Some(attribute) = attributes.iter().find(|attribute| attribute.name == name) else {
            self.problems.error(path, format!("the class has no attribute `{name}`"));
            return None;
        };
        match (&attribute.source, list) {
            (Source::Multi(_), false) => {
                self.problems.error(path, format!("`{name}` is a list: it has `add` and `remove`"))
            }
            (Source::Multi(_), true) => {}
            (_, true) => self.problems.error(path, format!("`{name}` is no list")),
            (_, false) if attribute.key => {
                self.problems.error(path, format!("`{name}` is the object's key and cannot change"))
            }
            (_, false) => {}
        }
        Some(attribute)
    }

    /// A step that reads objects.
    pub(super) fn reading(&mut self, step: &own::Step, place: Place<'a>, path: &str) -> Option<Step> {
        let compiled = self.step(step, &mut self.scope(place), path)?;
        let act = match compiled.act {
            Act::Execute { text, .. } | Act::Query { text, .. } => {
                if first_word(&text).as_deref() != Some("select") {
                    self.problems.error(path, "must be a SELECT: it is asked as a table is");
                }
                Act::Query { text, returns: Vec::new() }
            }
            act => act,
        };
        Some(Step { act, ..compiled })
    }

    fn scope(&self, place: Place<'a>) -> Scope<'a> {
        Scope {
            attributes: self.attributes,
            key: self.subject.key,
            write_only: self.write_only,
            place,
            outputs: Vec::new(),
        }
    }

    /// Steps of an operation, each with the outputs of those before.
    pub(super) fn steps(&mut self, steps: &[own::Step], place: Place<'a>, path: &str) -> Vec<Step> {
        let mut scope = self.scope(place);
        let mut compiled = Vec::with_capacity(steps.len());
        for (index, step) in steps.iter().enumerate() {
            let path = if steps.len() == 1 { path.to_owned() } else { format!("{path}/{index}") };
            if let Some(step) = self.step(step, &mut scope, &path) {
                let selects =
                    matches!(&step.act, Act::Execute { text, .. } if first_word(text).as_deref() == Some("select"));
                if selects {
                    self.problems.error(&path, "a SELECT gives a row: name its columns in `returns`");
                }
                compiled.push(step);
            }
        }
        compiled
    }

    fn step(&mut self, step: &own::Step, scope: &mut Scope<'a>, path: &str) -> Option<Step> {
        let mut outputs: Vec<String> = step.returns.iter().map(|name| scope.canonical(name)).collect();
        let returns = outputs.clone();
        let act = match &step.act {
            own::Act::Sql(text) => {
                let text = self.text(text, scope, path)?;
                match (returns.is_empty(), step.rows) {
                    (false, _) => Act::Query { text, returns },
                    (true, own::Rows::Exactly(rows)) => Act::Execute { text, rows: Some(rows) },
                    (true, own::Rows::Any) => Act::Execute { text, rows: None },
                }
            }
            own::Act::Call { procedure, arguments } => {
                if self.dialect == Dialect::Sqlite {
                    self.problems.error(path, "SQLite has no stored procedures");
                }
                let verdict = step.result.as_ref().and_then(|verdict| verdict.from.as_deref());
                let arguments = self.arguments(arguments, verdict, scope, path);
                outputs.extend(arguments.iter().filter_map(|argument| argument.output.clone()));
                Act::Call { procedure: procedure.clone(), arguments, returns }
            }
        };
        let verdict = step.result.as_ref().map(|verdict| {
            let from = verdict.from.as_ref().map(|name| scope.canonical(name));
            let path = format!("{path}/result");
            match &from {
                Some(name) if !outputs.contains(name) => {
                    self.problems
                        .error(format!("{path}/from"), format!("nothing comes back here under the name `{name}`"));
                }
                None if self.dialect != Dialect::Mssql => {
                    self.problems.error(&path, "`from` is missing: procedures of this database return no status");
                }
                _ => {}
            }
            Verdict { from, ok: verdict.ok.clone(), errors: self.meanings(&verdict.errors, &path) }
        });
        let mut errors = self.meanings(&step.errors, path);
        errors.extend(self.errors.iter().map(|(code, meaning)| (code.clone(), meant(meaning))));
        scope.outputs.extend(outputs);
        Some(Step { act, errors, verdict })
    }

    /// The pieces of a statement.
    fn text(&mut self, text: &str, scope: &Scope<'_>, path: &str) -> Option<Vec<Piece>> {
        let tokens = match text::tokens(text, self.dialect) {
            Ok(tokens) => tokens,
            Err(problem) => {
                self.problems.error(path, format!("the statement {problem}"));
                return None;
            }
        };
        let mut pieces = Vec::with_capacity(tokens.len());
        for token in tokens {
            match token {
                Token::Text(text) => pieces.push(Piece::Text(text)),
                Token::Param(name) => match scope.param(&name) {
                    Ok(param) => pieces.push(Piece::Param(param)),
                    Err(problem) => self.problems.error(path, format!("the parameter `:{name}` {problem}")),
                },
            }
        }
        Some(pieces)
    }

    fn arguments(
        &mut self,
        arguments: &[own::Argument],
        verdict: Option<&str>,
        scope: &Scope<'_>,
        path: &str,
    ) -> Vec<Argument> {
        let named = arguments.iter().filter(|argument| argument.name.is_some()).count();
        if named != 0 && named != arguments.len() {
            self.problems.error(format!("{path}/arguments"), "all arguments have a `name`, or none");
        }
        if named != 0 && self.dialect == Dialect::Mysql {
            self.problems
                .error(format!("{path}/arguments"), "this database finds arguments by their place: leave `name` out");
        }
        let mut compiled = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.iter().enumerate() {
            let path = format!("{path}/arguments/{index}");
            let mut param = |name: &str| match scope.param(name) {
                Ok(param) => Some(Given::Param(param)),
                Err(problem) => {
                    self.problems.error(&path, format!("the parameter `{name}` {problem}"));
                    None
                }
            };
            let (given, output) = match &argument.passed {
                own::Passed::In(name) => (param(name), None),
                own::Passed::Constant(value) => (constant(value).map(Given::Constant), None),
                own::Passed::Out(name) => (None, Some(name)),
                own::Passed::InOut(name) => (param(name), Some(name)),
            };
            let native = output.map_or(Native::Text, |name| {
                let declared = argument.kind.map(crate::plan::compile::kind).map(scope::native);
                let code = (verdict == Some(name.as_str())).then_some(Native::Integer { bits: 64 });
                declared.or_else(|| scope.native(name)).or(code).unwrap_or(Native::Text)
            });
            let output = output.map(|name| scope.canonical(name));
            compiled.push(Argument { name: argument.name.clone(), given, output, native });
        }
        compiled
    }

    /// What codes mean.
    fn meanings(&mut self, errors: &[(String, own::Meaning)], path: &str) -> Vec<(String, Meaning)> {
        self.named(errors, path);
        errors.iter().map(|(code, meaning)| (code.clone(), meant(meaning))).collect()
    }

    /// Reports attributes that are named and do not exist.
    pub(super) fn named(&mut self, errors: &[(String, own::Meaning)], path: &str) {
        for (code, meaning) in errors {
            if let Some(name) = &meaning.attribute
                && !self.attributes.iter().any(|attribute| attribute.name == *name)
            {
                let path = format!("{path}/errors/{}/attribute", pointer(code));
                self.problems.error(path, format!("the class has no attribute `{name}`"));
            }
        }
    }
}

/// The first word of a statement, in lower case.
fn first_word(text: &[Piece]) -> Option<String> {
    let Some(Piece::Text(text)) = text.first() else { return None };
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    Some(word.to_lowercase())
}

fn meant(meaning: &own::Meaning) -> Meaning {
    let kind = match meaning.kind {
        own::ErrorKind::NotFound => Failed::NotFound,
        own::ErrorKind::AlreadyExists => Failed::AlreadyExists,
        own::ErrorKind::InvalidValue => Failed::InvalidValue,
        own::ErrorKind::Mutability => Failed::Mutability,
        own::ErrorKind::PreconditionFailed => Failed::PreconditionFailed,
        own::ErrorKind::Conflict => Failed::Conflict,
        own::ErrorKind::PermissionDenied => Failed::PermissionDenied,
        own::ErrorKind::RateLimited => Failed::RateLimited,
        own::ErrorKind::Unavailable => Failed::Unavailable,
    };
    Meaning { kind, attribute: meaning.attribute.clone(), message: meaning.message.clone() }
}

/// A constant as a procedure gets it: in the type it is written in.
fn constant(value: &settings::Constant) -> Option<Constant> {
    Some(match value {
        settings::Constant::Null => Constant::Null,
        settings::Constant::Boolean(value) => Constant::Boolean(*value),
        settings::Constant::Integer(number) => Constant::Integer(*number),
        settings::Constant::Decimal(text) => Constant::Decimal(text.clone()),
        settings::Constant::Text(text) => Constant::Text(text.clone()),
        settings::Constant::Now => return None,
    })
}
