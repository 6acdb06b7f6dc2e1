//! Who makes of a password what is kept: this host, or the target.

use crate::config::HashConfig;
use crate::scheme::{Given, Refusal, Scheme};

/// What becomes of a password before it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// The host hashes it, and the target keeps the text that comes out.
    Hashed(Scheme),
    /// The target takes the password itself and keeps it in its own way, as directories do.
    /// It goes past the connector, which never sees it.
    Target,
}

impl Keeping {
    /// What the configuration calls [`Keeping::Target`].
    pub const TARGET: &'static str = "target";

    /// All that the configuration may say.
    pub const NAMES: [&'static str; 11] = {
        let [a, b, c, d, e, f, g, h, i, j] = Scheme::NAMES;
        [a, b, c, d, e, f, g, h, i, j, Self::TARGET]
    };

    /// What `config` describes.
    ///
    /// # Errors
    /// As [`Scheme::new`].
    pub fn new(config: &HashConfig) -> Result<Self, String> {
        let table = config.table();
        if table.scheme == Self::TARGET {
            return Given(table).finish().map(|()| Self::Target);
        }
        Scheme::new(config).map(Self::Hashed)
    }

    /// Whether a password can be kept this way as it is, whole.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, password: &str) -> Result<(), Refusal> {
        match self {
            Self::Hashed(scheme) => scheme.check(password),
            Self::Target => Refusal::of(password, crate::MAX_BYTES),
        }
    }
}
