//! `patchbay discover`.

mod directory;
mod tables;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use patchbay_contract::{AttributeInfo, Connector as _, ObjectClass, Operations, ValueType};
use serde_json::{Value, json};

use super::Failure;
use super::place::{self, Names, Place};
use crate::assemble::{self, Purpose};
use crate::config::{Config, Environment};
use crate::output;
use crate::serve::Options;
use crate::survey::Survey;
use crate::survey::directory::DirectorySurvey;

/// What `patchbay discover` is given.
#[derive(Debug, Args)]
pub(super) struct DiscoverArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE", required_unless_present = "url", conflicts_with = "url", requires = "app")]
    config: Option<PathBuf>,
    /// Directory with the built-in connectors; `connectors` beside this program if left out.
    #[arg(long, value_name = "DIR", env = "PATCHBAY_CONNECTORS")]
    connectors: Option<PathBuf>,
    /// Name of the app.
    #[arg(required_unless_present = "url", conflicts_with = "url")]
    app: Option<String>,
    /// Show the tables that the app's bindings grant, as they are, instead of its classes.
    #[arg(long)]
    tables: bool,
    #[command(flatten)]
    place: Option<Place>,
    /// Show values as they are. They may be people's data; without this, only their shape
    /// is shown, and codes.
    #[arg(long)]
    show_samples: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// Prints what there is.
pub(super) async fn run(args: DiscoverArgs) -> Result<(), Failure> {
    if let Some(place) = &args.place {
        let file = Path::new("patchbay.toml");
        let names = Names { app: "app", token_env: "TOKEN", client: "default" };
        if place.is_directory() {
            let (binding, password) = place::directory_binding(&place.directory(file, &names)?, file)?;
            return show_directory(&place::look_at_directory(&binding, password.as_ref()).await?, &args);
        }
        let setup = place.setup(file, &names)?;
        let (binding, password) = place::binding(&setup, file)?;
        let found = place::look(&binding, password.as_ref(), true).await?;
        return show(&found, &args);
    }
    let (Some(file), Some(app)) = (&args.config, &args.app) else {
        return Err(Failure::Usage("either --config FILE and an APP, or --url URL is needed".to_owned()));
    };
    let config = Config::load(file)?;
    if args.tables {
        return granted(&config, app, &args).await;
    }
    let options = Options { connectors: args.connectors.clone(), ..Options::default() };
    classes(config, options, app, args.json).await
}

/// The tables that the bindings of `name` grant.
async fn granted(config: &Config, name: &str, args: &DiscoverArgs) -> Result<(), Failure> {
    let Some(app) = config.apps.get(name) else { return Err(no_app(config, name)) };
    if app.bindings.sql.is_empty() {
        return Err(Failure::Usage(format!("the app `{name}` has no database, and so no tables")));
    }
    for binding in app.bindings.sql.values() {
        let password = binding.password.as_ref().map(|source| source.read(&config.base, &Environment::Process));
        let password = password.transpose().map_err(|why| {
            config.document.problems(vec![config.document.problem(&binding.path.key("password"), why)])
        })?;
        show(&place::look(binding, password.as_ref(), false).await?, args)?;
    }
    Ok(())
}

fn show(found: &Survey, args: &DiscoverArgs) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if args.json {
        let json = tables::to_json(found, args.show_samples);
        let text = serde_json::to_string_pretty(&json).map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
    } else {
        tables::print(&mut out, found, args.show_samples)?;
    }
    Ok(())
}

fn show_directory(found: &DirectorySurvey, args: &DiscoverArgs) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if args.json {
        let json = directory::to_json(found, args.show_samples);
        let text = serde_json::to_string_pretty(&json).map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
    } else {
        directory::print(&mut out, found, args.show_samples)?;
    }
    Ok(())
}

fn no_app(config: &Config, name: &str) -> Failure {
    Failure::Usage(format!("there is no app `{name}` in {}", config.document.name()))
}

/// Prints what the connector finds in the target of `name`.
async fn classes(mut config: Config, options: Options, name: &str, json: bool) -> Result<(), Failure> {
    config.apps.retain(|app, _| app == name);
    let Some(settings) = config.apps.get(name) else { return Err(no_app(&config, name)) };
    let mut assembly = assemble::assemble(&config, &options, Purpose::Looking)
        .await
        .map_err(|error| Failure::Runtime(error.to_string()))?;
    // A mapping or a token that is wrong does not matter here: this is what one looks at
    // before there is a mapping.
    let Some(app) = assembly.apps.remove(name) else {
        return Err(config.document.problems(assembly.problems).into());
    };
    let classes = app.connector.discover(&assemble::context(settings, "discover")).await;
    let classes = classes.map_err(|error| app.connections.in_words(&error.message, error.internal.as_deref()));
    app.connections.close().await;
    let classes = classes.map_err(Failure::Runtime)?;
    let mut out = io::stdout().lock();
    if json {
        let classes: Vec<Value> = classes.iter().map(class_as_json).collect();
        let text = serde_json::to_string_pretty(&json!({ "classes": classes })).map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
    } else {
        print(&mut out, &classes)?;
    }
    Ok(())
}

fn print(out: &mut dyn Write, classes: &[ObjectClass]) -> io::Result<()> {
    for (index, class) in classes.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let native = class.native_name.as_deref().unwrap_or("-");
        writeln!(out, "{}  ({native})", class.name)?;
        writeln!(out, "  key         {}", class.key.join(", "))?;
        writeln!(out, "  name        {}", class.name_attribute.as_deref().unwrap_or("-"))?;
        writeln!(out, "  operations  {}", operations(class.operations).join(", "))?;
        let mut rows = vec![["ATTRIBUTE", "TYPE", "STORED IN", "PROPERTIES"].map(str::to_owned).to_vec()];
        rows.extend(class.attributes.iter().map(|attribute| {
            vec![
                attribute.name.clone(),
                kind(attribute),
                attribute.native_name.clone().unwrap_or_default(),
                traits(attribute).join(" "),
            ]
        }));
        output::columns(out, 2, &rows)?;
    }
    Ok(())
}

/// The type of an attribute's values; `reference -> person` for a relation.
fn kind(attribute: &AttributeInfo) -> String {
    let many = if attribute.traits.multi_valued { "[]" } else { "" };
    let name = type_name(attribute.kind);
    match &attribute.target {
        Some(target) => format!("{name}{many} -> {target}"),
        None => format!("{name}{many}"),
    }
}

fn type_name(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Text => "text",
        ValueType::Boolean => "boolean",
        ValueType::Integer => "integer",
        ValueType::Decimal => "decimal",
        ValueType::Timestamp => "timestamp",
        ValueType::Binary => "binary",
        ValueType::Reference => "reference",
        ValueType::Json => "json",
    }
}

fn names(flags: &[(bool, &'static str)]) -> Vec<&'static str> {
    flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect()
}

fn traits(attribute: &AttributeInfo) -> Vec<&'static str> {
    let traits = attribute.traits;
    names(&[
        (traits.key, "key"),
        (traits.required, "required"),
        (traits.never_absent && !traits.required, "never-absent"),
        (traits.unique, "unique"),
        (attribute.kind == ValueType::Text && !traits.case_exact, "ignores-case"),
        (!traits.creatable && !traits.updatable, "read-only"),
        (traits.creatable && !traits.updatable, "immutable"),
        (!traits.readable && !traits.secret, "write-only"),
        (traits.secret, "secret"),
        (traits.expensive, "on-request"),
        (traits.sortable, "sortable"),
    ])
}

fn operations(operations: Operations) -> Vec<&'static str> {
    names(&[
        (operations.get, "get"),
        (operations.search, "search"),
        (operations.create, "create"),
        (operations.update, "update"),
        (operations.delete, "delete"),
        (operations.sync, "sync"),
        (operations.authenticate, "authenticate"),
        (operations.set_password, "set-password"),
        (operations.versions, "versions"),
    ])
}

fn class_as_json(class: &ObjectClass) -> Value {
    json!({
        "name": class.name,
        "nativeName": class.native_name,
        "nameAttribute": class.name_attribute,
        "key": class.key,
        "operations": operations(class.operations),
        "maxPageSize": class.max_page_size,
        "attributes": class.attributes.iter().map(|attribute| json!({
            "name": attribute.name,
            "nativeName": attribute.native_name,
            "type": type_name(attribute.kind),
            "multiValued": attribute.traits.multi_valued,
            "target": attribute.target,
            "properties": traits(attribute),
            "description": attribute.description,
        })).collect::<Vec<_>>(),
    })
}
