//! What the demo prints.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use crate::rows::Change;
use crate::{Answer, Row, Statement};

/// Longest value that is shown whole.
const LONG: usize = 72;
/// Width that texts are broken at.
const WIDTH: usize = 100;

/// Ways to set text off.
#[derive(Debug, Clone, Copy)]
enum Style {
    Bold,
    Dim,
    Green,
    Red,
    Yellow,
    Cyan,
}

/// Standard output, with colour where the terminal has it.
#[derive(Debug)]
pub(super) struct Screen {
    colour: bool,
}

impl Screen {
    /// The process's standard output. Colour only on a terminal, and not where the user
    /// has set `NO_COLOR` (no-color.org).
    pub(super) fn stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { colour: io::stdout().is_terminal() && !unwanted && !dumb }
    }

    /// The line that scripts wait for.
    pub(super) fn ready(&mut self, url: &str) -> io::Result<()> {
        self.line(&format!("ready {url}"))
    }

    /// A remark that is not part of the output proper.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(io::stderr().lock(), "{text}")
    }

    /// The head of a step.
    pub(super) fn title(&mut self, number: usize, of: usize, title: &str, why: &str) -> io::Result<()> {
        let head = format!("── {number} of {of} ── {title} ");
        let rule = "─".repeat(WIDTH.saturating_sub(head.chars().count()));
        self.line("")?;
        self.line(&self.paint(Style::Bold, &format!("{head}{rule}")))?;
        for line in wrapped(why, WIDTH) {
            self.line(&line)?;
        }
        self.line("")
    }

    /// The request: method, path, body.
    pub(super) fn request(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<()> {
        self.line(&format!("{} {path}", self.paint(Style::Cyan, method)))?;
        let Some(body) = body else { return Ok(()) };
        json(body, "", WIDTH - 2).iter().try_for_each(|line| self.line(&format!("  {line}")))
    }

    /// The statements that the request led to, each with its parameters.
    pub(super) fn statements(&mut self, statements: &[Statement]) -> io::Result<()> {
        self.section("Statements at the target")?;
        for statement in statements {
            let rows = match &statement.outcome {
                Ok(1) => "1 row".to_owned(),
                Ok(rows) => format!("{rows} rows"),
                Err(error) => self.paint(Style::Red, error),
            };
            let took = format!("→ {rows}, {:.1} ms", statement.elapsed.as_secs_f64() * 1000.0);
            let params: Vec<String> = statement.params.iter().map(|value| cut(value)).collect();
            let params = if params.is_empty() { String::new() } else { format!("[{}] ", params.join(", ")) };
            let style = if statement.writes() { Style::Yellow } else { Style::Dim };
            let lines = wrapped(&statement.text, WIDTH - 4);
            let room = WIDTH - lines.last().map_or(0, |last| last.chars().count() + 4);
            let joined = params.chars().count() + took.chars().count() <= room;
            for (index, line) in lines.iter().enumerate() {
                let indent = if index == 0 { "  " } else { "    " };
                let end = if joined && index + 1 == lines.len() { format!(" {params}{took}") } else { String::new() };
                self.line(&format!("{indent}{}{end}", self.paint(style, line)))?;
            }
            if !joined {
                self.line(&format!("    {params}{took}"))?;
            }
        }
        if statements.is_empty() {
            self.line("  none")?;
        }
        Ok(())
    }

    /// Rows before and after; cells that changed are marked.
    pub(super) fn rows(&mut self, changes: &[Change], audited: usize) -> io::Result<()> {
        self.section("Rows before and after")?;
        for change in changes {
            match change {
                Change::Added(table, row) => self.whole_row(Style::Green, "+", table, row, "new")?,
                Change::Removed(table, row) => self.whole_row(Style::Red, "-", table, row, "gone")?,
                Change::Changed(table, before, after) => self.changed_row(table, before, after)?,
            }
        }
        if changes.is_empty() {
            self.line("  all as they were")?;
        }
        if audited > 0 {
            let text = format!("  and {audited} in audit_log, by the application's own triggers");
            self.line(&self.paint(Style::Dim, &text))?;
        }
        Ok(())
    }

    fn whole_row(&mut self, style: Style, mark: &str, table: &str, row: &Row, what: &str) -> io::Result<()> {
        self.line(&format!("  {} {what}", self.paint(Style::Bold, table)))?;
        let cells: Vec<(&str, &str)> = row.cells().filter_map(|(name, value)| Some((name, value?))).collect();
        for (name, value) in cells {
            self.line(&self.paint(style, &format!("  {mark} {name:<14} {}", cut(value))))?;
        }
        Ok(())
    }

    fn changed_row(&mut self, table: &str, before: &Row, after: &Row) -> io::Result<()> {
        self.line(&format!("  {} changed", self.paint(Style::Bold, table)))?;
        let mut same = Vec::new();
        for ((name, old), (_, new)) in before.cells().zip(after.cells()) {
            if old == new {
                same.extend(old.map(|value| format!("{name}={}", cut(value.trim_end()))));
                continue;
            }
            let show = |value: Option<&str>| value.map_or_else(|| "NULL".to_owned(), cut);
            let line = format!("  * {name:<14} {} → {}", show(old), show(new));
            self.line(&self.paint(Style::Yellow, &line))?;
        }
        for line in wrapped(&same.join(", "), WIDTH - 4) {
            self.line(&self.paint(Style::Dim, &format!("    {line}")))?;
        }
        Ok(())
    }

    /// The answer, and whether the step did what it should.
    pub(super) fn outcome(&mut self, answer: &Answer, took_ms: f64, verdict: Result<(), &str>) -> io::Result<()> {
        let mut parts = vec![format!("{} in {took_ms:.0} ms", answer.status)];
        parts.extend(answer.id().map(|id| format!("id {id}")));
        if let Some(total) = answer.at("/totalResults").as_u64() {
            parts.push(format!("totalResults {total}"));
        }
        let etag = answer.header("etag").map(|tag| format!("ETag {tag}"));
        parts.extend(etag);
        self.section("Answer")?;
        self.line(&format!("  {}", parts.join(", ")))?;
        match verdict {
            Ok(()) => self.line(&self.paint(Style::Green, "  ✓ as it should be")),
            Err(reason) => {
                self.line(&self.paint(Style::Red, &format!("  ✗ {reason}")))?;
                self.line(&format!("  {}", answer.text))
            }
        }
    }

    /// The last line of a cycle.
    pub(super) fn total(&mut self, steps: usize, failed: usize) -> io::Result<()> {
        self.line("")?;
        let text = format!("{} of {steps} steps did what they should", steps - failed);
        let style = if failed == 0 { Style::Green } else { Style::Red };
        self.line(&self.paint(style, &text))
    }

    /// How to go on by hand.
    pub(super) fn invitation(&mut self, base: &str, token: &str) -> io::Result<()> {
        self.line("")?;
        self.line(&format!("Serving {base} until you press Ctrl-C. The token is {token}. Try:"))?;
        self.line("")?;
        self.line(&format!("  curl -H 'Authorization: Bearer {token}' '{base}/Users?count=3'"))
    }

    fn section(&mut self, title: &str) -> io::Result<()> {
        self.line("")?;
        self.line(&self.paint(Style::Bold, title))
    }

    fn line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{text}")
    }

    fn paint(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Bold => 1,
            Style::Dim => 2,
            Style::Red => 31,
            Style::Green => 32,
            Style::Yellow => 33,
            Style::Cyan => 36,
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// At most [`LONG`] characters of a value, on one line.
fn cut(value: &str) -> String {
    let mut text: String = value.chars().take(LONG).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.chars().count() > LONG {
        text.push('…');
    }
    text
}

/// JSON as short as it is readable: what fits on a line stands on one. `before` is what
/// the first line starts with.
fn json(value: &Value, before: &str, width: usize) -> Vec<String> {
    let whole = format!("{before}{}", spaced(value));
    let (open, close, parts) = match value {
        Value::Object(map) if whole.chars().count() > width => {
            let parts = map.iter().map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value));
            ("{", "}", parts.collect::<Vec<_>>())
        }
        Value::Array(list) if whole.chars().count() > width => {
            ("[", "]", list.iter().map(|value| (String::new(), value)).collect())
        }
        _ => return vec![whole],
    };
    let mut lines = vec![format!("{before}{open}")];
    let last = parts.len().saturating_sub(1);
    for (index, (key, value)) in parts.into_iter().enumerate() {
        let mut part = json(value, &key, width.saturating_sub(3));
        if let (Some(end), true) = (part.last_mut(), index < last) {
            end.push(',');
        }
        lines.extend(part.into_iter().map(|line| format!("  {line}")));
    }
    lines.push(close.to_owned());
    lines
}

/// JSON on one line, with spaces where people put them.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let parts = map.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), spaced(value)));
            format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Lines of `width` characters at most, broken at spaces.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_and_cuts() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("", 7), [""; 0]);
        let body = serde_json::json!({ "a": [1, 2], "b": { "c": "ddddddddddd" } });
        assert_eq!(
            json(&body, "", 24),
            ["{", "  \"a\": [1, 2],", "  \"b\": {", "    \"c\": \"ddddddddddd\"", "  }", "}"]
        );
        assert_eq!(json(&body, "", 80), ["{ \"a\": [1, 2], \"b\": { \"c\": \"ddddddddddd\" } }"]);
        assert_eq!(cut("a\nb"), "a b");
        assert_eq!(cut(&"x".repeat(100)).chars().count(), LONG + 1);
    }
}
