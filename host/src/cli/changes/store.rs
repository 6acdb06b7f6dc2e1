//! A file that always holds a whole token: the old one or the new one, whenever the power
//! fails.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Failure;

/// Largest file that is read: a token of 8 MiB in base64, with what belongs to it.
const MOST: u64 = 16 * 1024 * 1024;

/// The text in the file; none where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    let failed = |error: std::io::Error| Failure::Runtime(format!("{} cannot be read: {error}", path.display()));
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST {
        return Err(Failure::Runtime(format!("{} is too large for a token", path.display())));
    }
    // What is no text is no token, which whoever reads it will say.
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Replaces the file by one with this text, and makes sure that it is on the disk.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    replace(path, text)
        .map_err(|error| Failure::Runtime(format!("the token cannot be kept in {}: {error}", path.display())))
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = beside(path)?;
    let mut file = private(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    drop(file);
    fs::rename(&fresh, path)?;
    settle(path)
}

/// `NAME.new` in the same directory, so that renaming it is one step.
fn beside(path: &Path) -> std::io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    Ok(path.with_file_name(name))
}

/// A new, empty file that only its owner can read: a token has ids of people. What a run
/// that broke off left there is removed, never written through.
fn private(path: &Path) -> std::io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the renaming itself lasting.
#[cfg(unix)]
fn settle(path: &Path) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes the renaming itself lasting, which is the system's business here.
#[cfg(not(unix))]
fn settle(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        assert!(matches!(read(&path), Ok(None)));
        for text in ["one", "a much longer one", "two"] {
            write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap().as_deref().map(str::trim), Some(text));
        }
        fs::write(directory.path().join("token.new"), "half a tok").unwrap();
        write(&path, "three").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left over");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(write(&directory.path().join("no/such/directory"), "x").is_err());
        assert!(read(directory.path()).is_err(), "a directory is no file");
    }
}
