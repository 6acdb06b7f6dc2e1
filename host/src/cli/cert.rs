//! `patchbay cert`: a local authority and a server certificate.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::Failure;

/// Longest life that clients such as Apple's accept of a server certificate.
const MAX_DAYS: u16 = 825;

/// Life of the authority.
const AUTHORITY_DAYS: i64 = 3650;

/// Clocks differ: certificates are valid from so much before now.
const SKEW: Duration = Duration::hours(1);

/// What `patchbay cert` is given.
#[derive(Debug, Args)]
pub(super) struct CertArgs {
    /// DNS names and IP addresses of the server.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Directory to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How long the server certificate is good.
    #[arg(long, default_value_t = MAX_DAYS, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_DAYS)))]
    days: u16,
    /// Replace a server certificate that is there. An authority that is there is always
    /// kept and used, so that nobody has to trust a new one.
    #[arg(long)]
    force: bool,
}

/// The files of a directory.
struct Files {
    ca: PathBuf,
    ca_key: PathBuf,
    cert: PathBuf,
    key: PathBuf,
}

/// Writes the files and says what to do with them.
pub(super) fn run(args: &CertArgs) -> Result<(), Failure> {
    for name in &args.names {
        if name.parse::<IpAddr>().is_err() && !is_dns_name(name) {
            return Err(Failure::Usage(format!("`{name}` is neither a DNS name nor an IP address")));
        }
    }
    fs::create_dir_all(&args.out)?;
    let files = Files {
        ca: args.out.join("ca.pem"),
        ca_key: args.out.join("ca-key.pem"),
        cert: args.out.join("cert.pem"),
        key: args.out.join("key.pem"),
    };
    if !args.force
        && let Some(file) = [&files.cert, &files.key].into_iter().find(|file| file.exists())
    {
        return Err(Failure::Runtime(format!("{} is there already; --force replaces it", file.display())));
    }
    let failed = |error: rcgen::Error| Failure::Runtime(format!("cannot make the certificate: {error}"));
    let now = OffsetDateTime::now_utc();
    let (authority, kept) = authority(&files, now)?;
    let key = KeyPair::generate().map_err(failed)?;
    let cert = server(&args.names, now, i64::from(args.days)).map_err(failed)?;
    let cert = cert.signed_by(&key, &authority).map_err(failed)?;
    write(&files.key, &key.serialize_pem(), true)?;
    write(&files.cert, &cert.pem(), false)?;
    explain(&mut io::stdout().lock(), &files, kept)?;
    Ok(())
}

/// The authority in the directory, or a new one; and whether it was there.
fn authority(files: &Files, now: OffsetDateTime) -> Result<(Issuer<'static, KeyPair>, bool), Failure> {
    let failed = |error: rcgen::Error| Failure::Runtime(format!("cannot use {}: {error}", files.ca.display()));
    if files.ca.exists() || files.ca_key.exists() {
        let key = KeyPair::from_pem(&read(&files.ca_key)?).map_err(failed)?;
        let issuer = Issuer::from_ca_cert_pem(&read(&files.ca)?, key).map_err(failed)?;
        return Ok((issuer, true));
    }
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Patchbay local authority {}", now.date()));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now - SKEW;
    params.not_after = now + Duration::days(AUTHORITY_DAYS);
    let key = KeyPair::generate().map_err(failed)?;
    let cert = params.self_signed(&key).map_err(failed)?;
    write(&files.ca_key, &key.serialize_pem(), true)?;
    write(&files.ca, &cert.pem(), false)?;
    Ok((Issuer::new(params, key), false))
}

/// One of the authority's two files, of which the other one is there.
fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| {
        let advice = "bring back both files of the authority to renew a certificate, or name another directory";
        Failure::Runtime(format!("cannot read {}: {error}; {advice}", file.display()))
    })
}

fn server(names: &[String], now: OffsetDateTime, days: i64) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    // The names are in the extension; browsers and libraries read them there.
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("patchbay", String::as_str));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = now - SKEW;
    params.not_after = now - SKEW + Duration::days(days);
    Ok(params)
}

/// Letters, digits, `-` and dots, with `*` as the first label at most.
fn is_dns_name(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// Writes a new file, in one step for whoever reads it; a private one is for its owner
/// only from its first byte on.
fn write(path: &Path, text: &str, private: bool) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create(&new, private)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(unix)]
fn create(path: &Path, private: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(if private { 0o600 } else { 0o644 }).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _private: bool) -> io::Result<File> {
    // The directory's access list is inherited.
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn explain(out: &mut dyn Write, files: &Files, kept: bool) -> io::Result<()> {
    let Files { ca, ca_key, cert, key } = files;
    let (ca, ca_key, cert, key) = (ca.display(), ca_key.display(), cert.display(), key.display());
    let kept = if kept { " (was there already)" } else { "" };
    writeln!(
        out,
        "{cert}  server certificate\n{key}  its key\n{ca}  authority{kept}\n{ca_key}  its key: move it to a safe place"
    )?;
    writeln!(out, "\nIn the configuration:\n\n  [server]\n  tls = {{ cert = \"{cert}\", key = \"{key}\" }}")?;
    writeln!(
        out,
        "\nEvery client has to trust {ca}. On the machine of the Entra provisioning agent, as administrator:"
    )?;
    writeln!(out, "\n  Import-Certificate -FilePath ca.pem -CertStoreLocation Cert:\\LocalMachine\\Root")?;
    writeln!(
        out,
        "\nOn Debian: copy it to /usr/local/share/ca-certificates/patchbay.crt and run update-ca-certificates."
    )
}
