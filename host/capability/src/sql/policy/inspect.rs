//! Walks a parsed statement and refuses whatever the grant does not name.
//!
//! The text is tokenised with the dialect's own rules and only plain tokens are let
//! through (no comments, no escape or dollar strings), so that there is little left on
//! which parser and server could disagree. What does not parse is denied.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Delete, Expr, FromTable, Function, FunctionArguments, Ident, Insert, ObjectName, ObjectNamePart, OnConflictAction,
    OnInsert, OutputClause, Query, Select, SetExpr, SqliteOnConflict, Statement, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind, Visit, Visitor,
};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace, Word};

use super::{Effect, Grant, Verb, ansi, db2, functions, mssql, sequence, syntax, tracking};
use crate::sql::render::placeholder;
use crate::sql::{Dialect, Error, Failure};

/// Most tokens that can nest an expression. A tree of that depth is walked and dropped
/// by recursion, so it has to fit [`STACK`].
const MAX_NESTING: usize = 8_000;
/// Comments that are not: the servers run what stands in them, or not, by version and make.
/// The tokeniser takes them for what the newest MySQL would. A literal that looks like one
/// is refused with them: values are parameters.
const HINTS: [&str; 4] = ["/*!", "/*M!", "/*m!", "/*+"];
/// Stack of the thread a statement is inspected on; only touched pages cost memory.
const STACK: usize = 128 * 1024 * 1024;
/// Parentheses, subqueries and the like inside each other.
const MAX_DEPTH: usize = 256;

/// Whether `text`, with `params` placeholders, stays within `grant`; and what it does.
///
/// Runs on a thread of its own: the depth of a syntax tree is the guest's choice, the
/// stack of the caller (a fiber, perhaps) is not made for it. Decisions are cached by
/// the caller, so this is off the hot path.
pub(super) fn inspect(grant: &Grant, text: &str, params: usize) -> Result<Effect, Error> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("patchbay-sql-policy".into())
            .stack_size(STACK)
            .spawn_scoped(scope, || walk(grant, text, params))
            .map_err(|error| Error::new(Failure::Unavailable, format!("cannot inspect the statement: {error}")))?
            .join()
            .unwrap_or_else(|_| Err(denied("the statement could not be inspected")))
    })
}

fn walk(grant: &Grant, text: &str, params: usize) -> Result<Effect, Error> {
    let syntax = syntax::rules(grant.dialect);
    // Messages of tokeniser and parser quote the text, which may hold literals: they
    // are not passed on.
    let mut tokens = Tokenizer::new(syntax, text)
        .tokenize()
        .map_err(|_| denied("the statement cannot be parsed: an unfinished string or a stray character"))?;
    if grant.dialect == Dialect::Mysql && HINTS.iter().any(|hint| text.contains(hint)) {
        return Err(denied("comments are not allowed in a statement"));
    }
    check_tokens(grant.dialect, &tokens, params)?;
    if grant.dialect == Dialect::Mssql {
        mssql::check(&tokens)?;
        mssql::mark_placeholders(&mut tokens);
        tokens = sequence::as_calls(tokens);
        tracking::name_tables(&mut tokens);
    }
    if grant.dialect == Dialect::Ansi {
        ansi::check(&tokens)?;
    }
    if grant.dialect == Dialect::Db2 {
        tokens = sequence::as_calls(db2::without_lock(tokens));
    }
    let statements = Parser::new(syntax)
        .with_recursion_limit(MAX_DEPTH)
        .with_tokens(tokens)
        .parse_statements()
        .map_err(|_| denied("the statement cannot be parsed"))?;
    let [statement] = statements.as_slice() else {
        return Err(denied("one call runs exactly one statement"));
    };
    let mut inspector = Inspector { grant, scopes: Vec::new(), effect: Effect::Read };
    match statement.visit(&mut inspector) {
        ControlFlow::Continue(()) => Ok(inspector.effect),
        ControlFlow::Break(error) => Err(*error),
    }
}

/// Lets through plain tokens only, and placeholders only where the host put them.
fn check_tokens(dialect: Dialect, tokens: &[Token], params: usize) -> Result<(), Error> {
    let mut nesting = 0_usize;
    let mut placeholders = 0_usize;
    let mut expected = String::new();
    let mut beside = None;
    for token in tokens {
        // `1eDELETE`: to some servers the number takes a letter of the word.
        if let (Some(Token::Number(..)), Token::Word(_)) = (beside.replace(token), token) {
            return Err(denied("a number and a word need a blank between them"));
        }
        match token {
            Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab)
            | Token::Comma
            | Token::Period
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EOF => {}
            Token::Whitespace(_) => return Err(denied("comments are not allowed in a statement")),
            Token::Placeholder(name) => {
                placeholders += 1;
                expected.clear();
                placeholder(dialect, placeholders, &mut expected);
                if *name != expected {
                    return Err(misplaced());
                }
            }
            Token::Word(Word { quote_style: Some(_), .. }) => {}
            Token::Word(word) if dialect == Dialect::Mysql && word.value.starts_with('@') => {
                return Err(denied("variables are not allowed in a statement"));
            }
            Token::Word(word) if dialect == Dialect::Mssql && mssql::is_placeholder(&word.value) => placeholders += 1,
            // Its driver takes `:name` for a placeholder.
            Token::Colon if dialect == Dialect::Oracle => return Err(misplaced()),
            Token::Word(_) => nesting += 1,
            Token::Char(_)
            | Token::DoubleQuotedString(_)
            | Token::TripleSingleQuotedString(_)
            | Token::TripleDoubleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::SingleQuotedByteStringLiteral(_)
            | Token::DoubleQuotedByteStringLiteral(_)
            | Token::TripleSingleQuotedByteStringLiteral(_)
            | Token::TripleDoubleQuotedByteStringLiteral(_)
            | Token::SingleQuotedRawStringLiteral(_)
            | Token::DoubleQuotedRawStringLiteral(_)
            | Token::TripleSingleQuotedRawStringLiteral(_)
            | Token::TripleDoubleQuotedRawStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::QuoteDelimitedStringLiteral(_)
            | Token::NationalQuoteDelimitedStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::Backslash => return Err(denied("only plain string literals are allowed in a statement")),
            _ => nesting += 1,
        }
    }
    if placeholders != params {
        return Err(misplaced());
    }
    if nesting > MAX_NESTING {
        return Err(Error::new(Failure::LimitExceeded, "the statement has too many operators and keywords"));
    }
    Ok(())
}

fn misplaced() -> Error {
    Error::new(Failure::InvalidStatement, "parameters are fragments: the text must not hold placeholders of its own")
}

pub(super) fn denied(message: impl Into<String>) -> Error {
    Error::new(Failure::Denied, message)
}

/// Names a query's WITH clause defines, as far as they are visible already.
struct Scope {
    visible: Vec<String>,
    /// Bodies still to come, by address (the visitor's references are too short-lived to
    /// keep, and nothing moves the tree), with the name each will make visible.
    pending: Vec<(*const Query, String)>,
}

struct Inspector<'a> {
    grant: &'a Grant,
    /// One per query around the node being visited, outermost first.
    scopes: Vec<Scope>,
    /// What the nodes visited so far do.
    effect: Effect,
}

type Flow = ControlFlow<Box<Error>>;

fn refuse(message: impl Into<String>) -> Flow {
    ControlFlow::Break(Box::new(denied(message)))
}

impl Inspector<'_> {
    fn verb(&self, verb: Verb) -> Flow {
        if self.grant.has(verb) {
            return ControlFlow::Continue(());
        }
        refuse(format!("{} is not granted", verb.keyword()))
    }

    fn table(&self, name: &ObjectName) -> Flow {
        match parts(name) {
            Some(parts) if self.grant.covers(&parts) => ControlFlow::Continue(()),
            Some(parts) => refuse(format!("table {} is not granted", parts.join("."))),
            None => refuse("a computed table name is not allowed"),
        }
    }

    /// The target of a write: never a name from a WITH clause, whatever it is called.
    fn target(&self, table: &TableWithJoins) -> Flow {
        match &table.relation {
            TableFactor::Table { name, .. } => self.table(name),
            _ => refuse("only a table can be written"),
        }
    }

    fn reading(&self, returning: bool) -> Flow {
        if returning { self.verb(Verb::Select) } else { ControlFlow::Continue(()) }
    }

    /// `OUTPUT`, as SQL Server has it in the place of `RETURNING`: back to us only, as what
    /// goes into a table is a write of its own.
    fn output(&self, output: Option<&OutputClause>) -> Flow {
        match output {
            Some(OutputClause::Output { into_table: Some(_), .. }) => refuse("OUTPUT INTO is not allowed"),
            output => self.reading(output.is_some()),
        }
    }

    fn insert(&self, insert: &Insert) -> Flow {
        self.verb(Verb::Insert)?;
        let TableObject::TableName(name) = &insert.table else {
            return refuse("only a table can be written");
        };
        self.table(name)?;
        if insert.replace_into || insert.or == Some(SqliteOnConflict::Replace) {
            self.verb(Verb::Delete)?;
        }
        match &insert.on {
            None => {}
            Some(OnInsert::OnConflict(conflict)) => {
                if let OnConflictAction::DoUpdate(_) = conflict.action {
                    self.verb(Verb::Update)?;
                }
            }
            Some(_) => self.verb(Verb::Update)?,
        }
        if insert.overwrite
            || insert.partitioned.is_some()
            || insert.multi_table_insert_type.is_some()
            || !insert.multi_table_into_clauses.is_empty()
            || !insert.multi_table_when_clauses.is_empty()
            || insert.multi_table_else_clause.is_some()
        {
            return refuse("this form of INSERT is not allowed");
        }
        self.output(insert.output.as_ref())?;
        self.reading(insert.returning.is_some())
    }

    fn update(&self, update: &Update) -> Flow {
        self.verb(Verb::Update)?;
        self.target(&update.table)?;
        if update.or == Some(SqliteOnConflict::Replace) {
            self.verb(Verb::Delete)?;
        }
        self.output(update.output.as_ref())?;
        match &update.from {
            Some(UpdateTableFromKind::BeforeSet(_)) => return refuse("this form of UPDATE is not allowed"),
            Some(UpdateTableFromKind::AfterSet(_)) | None => {}
        }
        self.reading(update.returning.is_some())
    }

    fn delete(&self, delete: &Delete) -> Flow {
        self.verb(Verb::Delete)?;
        let FromTable::WithFromKeyword(from) = &delete.from else {
            return refuse("this form of DELETE is not allowed");
        };
        if !delete.tables.is_empty() {
            return refuse("this form of DELETE is not allowed");
        }
        self.output(delete.output.as_ref())?;
        for table in from {
            self.target(table)?;
        }
        self.reading(delete.returning.is_some())
    }

    /// Counts a sequence up, which no rollback undoes.
    fn next_value(&mut self, call: &Function) -> Flow {
        self.sequence(sequence::named(self.grant.dialect, call))
    }

    fn sequence(&mut self, name: Option<Vec<String>>) -> Flow {
        self.effect = Effect::Write;
        self.verb(Verb::Insert)?;
        match name {
            Some(parts) if self.grant.covers(&parts) => ControlFlow::Continue(()),
            Some(parts) => refuse(format!("sequence {} is not granted", parts.join("."))),
            None => refuse("a computed name of a sequence is not allowed"),
        }
    }

    fn function(name: &ObjectName) -> Flow {
        match name.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] if functions::allowed(&ident.value.to_lowercase()) => {
                ControlFlow::Continue(())
            }
            // A qualified name could be anybody's function.
            _ => refuse(format!("function {name} is not allowed")),
        }
    }

    fn is_common_table(&self, name: &ObjectName) -> bool {
        let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return false };
        let folded = ident.value.to_lowercase();
        self.scopes.iter().any(|scope| scope.visible.contains(&folded))
    }
}

fn parts(name: &ObjectName) -> Option<Vec<&str>> {
    name.0.iter().map(|part| part.as_ident().map(|ident| ident.value.as_str())).collect()
}

impl Visitor for Inspector<'_> {
    type Break = Box<Error>;

    fn pre_visit_statement(&mut self, statement: &Statement) -> Flow {
        if !matches!(statement, Statement::Query(_)) {
            self.effect = Effect::Write;
        }
        match statement {
            // Its body decides which verb it takes.
            Statement::Query(_) => ControlFlow::Continue(()),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            _ => refuse("only SELECT, INSERT, UPDATE and DELETE can be granted"),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> Flow {
        let mut scope = Scope { visible: Vec::new(), pending: Vec::new() };
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let name = cte.alias.name.value.to_lowercase();
                // Without RECURSIVE the body of `t AS (SELECT * FROM t)` reads the real t.
                if with.recursive {
                    scope.visible.push(name);
                } else {
                    scope.pending.push((std::ptr::from_ref(cte.query.as_ref()), name));
                }
            }
        }
        self.scopes.push(scope);
        if query.settings.is_some() || query.format_clause.is_some() || !query.pipe_operators.is_empty() {
            return refuse("this form of SELECT is not allowed");
        }
        self.body(&query.body)
    }

    fn post_visit_query(&mut self, query: &Query) -> Flow {
        self.scopes.pop();
        if let Some(around) = self.scopes.last_mut() {
            let address = std::ptr::from_ref(query);
            if let Some(at) = around.pending.iter().position(|(body, _)| std::ptr::eq(*body, address)) {
                let (_, name) = around.pending.swap_remove(at);
                around.visible.push(name);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> Flow {
        self.verb(Verb::Select)?;
        if select.into.is_some() || !select.lateral_views.is_empty() {
            return refuse("this form of SELECT is not allowed");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Flow {
        let dummy = |parts: Vec<&str>| syntax::is_dummy(self.grant.dialect, &parts);
        if self.is_common_table(relation) || parts(relation).is_some_and(dummy) {
            return ControlFlow::Continue(());
        }
        self.table(relation)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Flow {
        match factor {
            TableFactor::Table { args: None, version: None, json_path: None, .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            TableFactor::Table { name, .. } => refuse(format!("table function {name} is not allowed")),
            _ => refuse("only tables and subqueries can be read from"),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Flow {
        match expr {
            Expr::Function(call) if sequence::is_next_value(self.grant.dialect, &call.name) => self.next_value(call),
            Expr::Function(Function { name, parameters: FunctionArguments::None, .. }) => Self::function(name),
            Expr::Function(function) => refuse(format!("function {} is not allowed in this form", function.name)),
            Expr::Identifier(Ident { value, quote_style: None, .. })
                if functions::is_revealing_word(&value.to_lowercase()) =>
            {
                refuse(format!("function {value} is not allowed"))
            }
            Expr::Identifier(Ident { value, quote_style: None, .. })
                if syntax::is_revealing_register(self.grant.dialect, &value.to_lowercase()) =>
            {
                refuse(format!("function {value} is not allowed"))
            }
            Expr::CompoundIdentifier(parts) => match sequence::pseudo_column(self.grant.dialect, parts) {
                Some(name) => self.sequence(name),
                None => ControlFlow::Continue(()),
            },
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Inspector<'_> {
    /// Refuses bodies that name tables in ways the visitor does not report.
    fn body(&self, body: &SetExpr) -> Flow {
        // Iterative on the left, where chains of UNION grow.
        let mut body = body;
        loop {
            match body {
                SetExpr::SetOperation { left, right, .. } => {
                    self.body(right)?;
                    body = left;
                }
                SetExpr::Table(_) => return refuse("TABLE is not allowed; use SELECT"),
                SetExpr::Merge(_) => return refuse("MERGE is not allowed"),
                SetExpr::Select(_)
                | SetExpr::Query(_)
                | SetExpr::Values(_)
                | SetExpr::Insert(_)
                | SetExpr::Update(_)
                | SetExpr::Delete(_) => return ControlFlow::Continue(()),
            }
        }
    }
}
