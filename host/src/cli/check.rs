//! `patchbay check`.

use std::io::{self, Write};

use patchbay_contract::{Connector as _, Error, ErrorKind, Severity};
use patchbay_gateway::Findings;

use super::Failure;
use crate::assemble::{self, App, Assembly, Connections, Purpose};
use crate::config::{self, Config, Problem, Problems, Transport};
use crate::output;
use crate::serve::{self, Options};
use crate::server::Certificates;

/// Lines of the report: what, how it is, and more about it.
#[derive(Default)]
struct Report {
    lines: Vec<Vec<String>>,
    problems: Vec<Problem>,
}

impl Report {
    fn line(&mut self, what: &str, state: &str, detail: impl Into<String>) {
        self.lines.push(vec![what.to_owned(), state.to_owned(), detail.into()]);
    }
}

/// Checks everything and prints what works; problems with their lines come last.
pub(super) async fn run(config: Result<Config, Problems>, options: Options) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let config = match config {
        Ok(config) => config,
        Err(problems) => {
            writeln!(out, "{problems}")?;
            return Err(Failure::Found);
        }
    };
    let assembly = assemble::assemble(&config, &options, Purpose::Looking)
        .await
        .map_err(|error| Failure::Runtime(error.to_string()))?;
    let mut all = assembly.problems.clone();
    let server = server(&config);
    output::columns(&mut out, 0, &server.lines)?;
    all.extend(server.problems);
    for (name, settings) in &config.apps {
        writeln!(out, "\napp {name}")?;
        let report = app(&config, settings, &assembly, assembly.apps.get(name)).await;
        output::columns(&mut out, 2, &report.lines)?;
        all.extend(report.problems);
    }
    for app in assembly.apps.into_values() {
        app.connections.close().await;
    }
    for warning in &config.document.problems(assembly.warnings).list {
        writeln!(out, "\nwarning: {}:{}: {}: {}", config.document.name(), warning.line, warning.path, warning.message)?;
    }
    if all.is_empty() {
        writeln!(out, "\nno problems")?;
        return Ok(());
    }
    writeln!(out, "\n{}", config.document.problems(all))?;
    Err(Failure::Found)
}

fn server(config: &Config) -> Report {
    let mut report = Report::default();
    let listen = config.server.listen;
    match &config.server.transport {
        Transport::Plain => report.line("server", "ok", format!("plain HTTP on {listen}")),
        Transport::Tls { cert, key } => match Certificates::load(cert.clone(), key.clone()) {
            Ok(_) => report.line("server", "ok", format!("HTTPS on {listen}")),
            Err(error) => {
                report.line("server", "FAILED", error.to_string());
                report.problems.extend(serve::tls_problem(config, &error).list);
            }
        },
    }
    report
}

/// What works of one app: its connector, its target and its mapping.
async fn app(config: &Config, settings: &config::App, assembly: &Assembly, app: Option<&App>) -> Report {
    let mut report = Report::default();
    let Some(app) = app else {
        let mine = format!("{}.", settings.path);
        let of_mine = |problem: &&Problem| problem.path.starts_with(&mine) || problem.path == settings.path.to_string();
        let count = assembly.problems.iter().filter(of_mine).count();
        report.line("not started", "FAILED", format!("problems: {count}, see below"));
        return report;
    };
    let descriptor = app.connector.component().descriptor();
    report.line(
        "connector",
        "ok",
        format!("{} {} ({})", descriptor.id, descriptor.version, app.connector.component().sha256()),
    );
    let tokens = app.tokens.current();
    let names: Vec<&str> = tokens.iter().map(crate::server::Token::name).collect();
    let good = if names.len() == settings.tokens.len() { "ok" } else { "FAILED" };
    report.line("tokens", good, names.join(", "));
    let ctx = assemble::context(settings, "check");
    match app.connector.test(&ctx).await {
        Ok(diagnostics) => {
            let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
            report.line("target", if failed { "FAILED" } else { "ok" }, bindings(settings));
            for diagnostic in diagnostics {
                let path = settings.path.key("settings").pointer(diagnostic.path.as_deref().unwrap_or_default());
                let detail = diagnostic.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                let message = format!("{}{detail}", diagnostic.summary);
                match diagnostic.severity {
                    Severity::Error => report.problems.push(config.document.problem(&path, message)),
                    Severity::Warning => report.line("", "warning", format!("{path}: {message}")),
                }
            }
            if failed {
                report.line("mapping", "-", "not checked, as the target is not as the settings say");
                return report;
            }
        }
        Err(error) => return failed_target(config, settings, &app.connections, report, &error),
    }
    match app.connector.discover(&ctx).await {
        Ok(classes) => {
            let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
            report.line("classes", "ok", names.join(", "));
        }
        Err(error) => return failed_target(config, settings, &app.connections, report, &error),
    }
    mapping(config, settings, app, report).await
}

async fn mapping(config: &Config, settings: &config::App, app: &App, mut report: Report) -> Report {
    let resources: Vec<&str> = settings.resources.keys().map(String::as_str).collect();
    let Some(gateway) = &app.gateway else {
        report.line("mapping", "FAILED", resources.join(", "));
        return report;
    };
    match gateway.check(&assemble::context(settings, "check")).await {
        Ok(Findings { problems, warnings }) => {
            report.line("mapping", if problems.is_empty() { "ok" } else { "FAILED" }, resources.join(", "));
            report.problems.extend(problems.iter().map(|problem| assemble::mapping_problem(config, settings, problem)));
            for warning in &warnings {
                let Problem { path, message, .. } = assemble::mapping_problem(config, settings, warning);
                report.line("", "warning", format!("{path}: {message}"));
            }
        }
        Err(error) => {
            report.line("mapping", "FAILED", error.message.clone());
            let why = app.connections.in_words(&error.message, error.internal.as_deref());
            report.problems.push(config.document.problem(&settings.path.key("resources"), why));
        }
    }
    report
}

/// A target that did not answer, or that the settings do not fit.
fn failed_target(
    config: &Config,
    settings: &config::App,
    connections: &Connections,
    mut report: Report,
    error: &Error,
) -> Report {
    report.line("target", "FAILED", error.message.clone());
    let findings = if error.kind == ErrorKind::Configuration { findings(error) } else { Vec::new() };
    for (pointer, message) in &findings {
        let path = settings.path.key("settings").pointer(pointer);
        report.problems.push(config.document.problem(&path, *message));
    }
    if findings.is_empty() {
        let why = connections.in_words(&error.message, error.internal.as_deref());
        report.problems.push(config.document.problem(&settings.path.key("bindings"), why));
    }
    report
}

/// The single findings in an error about settings, as the built-in connectors write
/// them: `POINTER: MESSAGE; POINTER: MESSAGE`. None of them where the text is another.
fn findings(error: &Error) -> Vec<(&str, &str)> {
    let parts = error.internal.as_deref().unwrap_or_default().split("; ");
    let finding = |part| str::split_once(part, ": ").filter(|(pointer, _)| pointer.starts_with('/'));
    parts.map(finding).collect::<Option<_>>().unwrap_or_default()
}

fn bindings(settings: &config::App) -> String {
    settings.bindings.names().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_told_from_other_text() {
        let check = |internal: &str, expected: &[(&str, &str)]| {
            let error = Error::new(ErrorKind::Configuration, "no").internal(internal);
            assert_eq!(findings(&error), expected, "{internal}");
        };
        check("/a/b: no table; /a/c: x: y", &[("/a/b", "no table"), ("/a/c", "x: y")]);
        check("/a: one; and two", &[]);
        check("something else", &[]);
        check("", &[]);
    }
}
