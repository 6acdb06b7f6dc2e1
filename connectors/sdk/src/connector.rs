//! The trait a connector implements.

use crate::{
    Attribute, Beginning, Context, Delta, Descriptor, Diagnostic, Error, ErrorKind, Fault, Object, ObjectClass, Page,
    Query, SyncPage, WriteResult,
};

/// One kind of target. The host makes an instance for each operation, so `init` is on
/// the hot path: what is dear to work out belongs into [`Connector::prepare`].
///
/// Operations that are not implemented answer [`ErrorKind::Unsupported`]; say the same
/// in [`ObjectClass::operations`].
pub trait Connector: Sized + 'static {
    /// What this connector is. Called without configuration or bindings.
    fn describe() -> Descriptor;

    /// Takes the settings (`config`, JSON), or what [`Connector::prepare`] made of them,
    /// in which case `config` need not be read. Must not do I/O. Reports every problem.
    fn init(config: String, prepared: Option<Vec<u8>>) -> Result<Self, Vec<Diagnostic>>;

    /// Reads the target's catalogue once and compiles it with the settings; every later
    /// `init` gets the bytes back. Nothing by default.
    fn prepare(&self, ctx: &Context) -> Result<Vec<u8>, Error> {
        let _ = ctx;
        Ok(Vec::new())
    }

    /// Talks to the target and reports what does not work. No findings by default.
    fn test(&self, ctx: &Context) -> Result<Vec<Diagnostic>, Error> {
        let _ = ctx;
        Ok(Vec::new())
    }

    /// The target's object classes.
    fn discover(&self, ctx: &Context) -> Result<Vec<ObjectClass>, Error>;

    /// One object; `cells` in the order of `attributes`.
    fn get(&self, ctx: &Context, class: &str, uid: &str, attributes: &[String]) -> Result<Object, Error> {
        let _ = (ctx, class, uid, attributes);
        Err(unsupported("get"))
    }

    /// A page of objects.
    fn search(&self, ctx: &Context, query: Query) -> Result<Page, Error> {
        let _ = (ctx, query);
        Err(unsupported("search"))
    }

    /// A new object.
    fn create(&self, ctx: &Context, class: &str, attributes: Vec<Attribute>) -> Result<WriteResult, Error> {
        let _ = (ctx, class, attributes);
        Err(unsupported("create"))
    }

    /// All of `deltas` or none, one after the other: of several of one attribute the last says
    /// what holds.
    fn update(
        &self,
        ctx: &Context,
        class: &str,
        uid: &str,
        if_match: Option<&str>,
        deltas: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        let _ = (ctx, class, uid, if_match, deltas);
        Err(unsupported("update"))
    }

    /// The object is gone.
    fn delete(&self, ctx: &Context, class: &str, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
        let _ = (ctx, class, uid, if_match);
        Err(unsupported("delete"))
    }

    /// A token from which on [`Connector::changes`] misses nothing.
    fn latest_token(&self, ctx: &Context, class: &str) -> Result<Vec<u8>, Error> {
        let _ = (ctx, class);
        Err(unsupported("changes"))
    }

    /// The same for a caller that knows no object yet. [`Beginning::complete`] says that the
    /// changes from the token begin with all objects; by default the caller reads them.
    fn first_token(&self, ctx: &Context, class: &str) -> Result<Beginning, Error> {
        Ok(Beginning { token: self.latest_token(ctx, class)?, complete: false })
    }

    /// At most `limit` objects that changed since `token`. Refuse a token that is not of
    /// this class with [`ErrorKind::TokenExpired`], and put nothing into one that does not
    /// outlive a restart.
    ///
    /// `wait` is for targets that tell of changes by themselves: where there is none, the
    /// answer may take so many milliseconds longer. Leave it alone elsewhere.
    fn changes(
        &self,
        ctx: &Context,
        class: &str,
        token: &[u8],
        attributes: &[String],
        limit: u32,
        wait: u32,
    ) -> Result<SyncPage, Error> {
        let _ = (ctx, class, token, attributes, limit, wait);
        Err(unsupported("changes"))
    }
}

/// The answer to an operation that was left out.
fn unsupported(operation: &str) -> Error {
    Error::fault(ErrorKind::Unsupported, format!("this connector does not support {operation}"))
}
