//! From a [`Connector`] to the component's exported functions.

use std::marker::PhantomData;

use crate::bindings::exports::patchbay::connector::{lifecycle, reader, schema, sync, writer};
use crate::{
    Attribute, Beginning, Connector, Context, Delta, Descriptor, Diagnostic, Error, ErrorKind, Fault, Object,
    ObjectClass, Page, Query, SyncPage, WriteResult, diagnostic, log,
};

/// Where the one connector of an instance is kept between calls. Implemented by
/// [`export!`](crate::export!), as a generic type cannot own a static.
pub trait Slot: 'static {
    /// What is kept.
    type Connector: Connector;

    /// Puts it there; false when there is one already.
    fn set(connector: Self::Connector) -> bool;

    /// Hands it to `f`; none before [`Slot::set`].
    fn with<R>(f: impl FnOnce(Option<&Self::Connector>) -> R) -> R;
}

/// Implements the exported interfaces by what is in a [`Slot`].
#[derive(Debug)]
pub struct Guest<S>(PhantomData<S>);

/// Calls `f` with the connector, or reports that the host broke the protocol.
fn call<S: Slot, T>(f: impl FnOnce(&S::Connector) -> Result<T, Error>) -> Result<T, Error> {
    S::with(|connector| match connector {
        Some(connector) => f(connector),
        None => Err(Error::fault(ErrorKind::Internal, "the connector was called before init")),
    })
}

impl<S: Slot> lifecycle::Guest for Guest<S> {
    fn describe() -> Descriptor {
        log::install_panic_hook();
        S::Connector::describe()
    }

    fn init(config: String, prepared: Option<Vec<u8>>) -> Result<(), Vec<Diagnostic>> {
        log::install_panic_hook();
        let connector = S::Connector::init(config, prepared)?;
        if S::set(connector) {
            Ok(())
        } else {
            Err(vec![diagnostic(lifecycle::Severity::Error, "", "init was called twice")])
        }
    }

    fn prepare(ctx: Context) -> Result<Vec<u8>, Error> {
        call::<S, _>(|connector| connector.prepare(&ctx))
    }

    fn test(ctx: Context) -> Result<Vec<Diagnostic>, Error> {
        call::<S, _>(|connector| connector.test(&ctx))
    }
}

impl<S: Slot> schema::Guest for Guest<S> {
    fn discover(ctx: Context) -> Result<Vec<ObjectClass>, Error> {
        call::<S, _>(|connector| connector.discover(&ctx))
    }
}

impl<S: Slot> reader::Guest for Guest<S> {
    fn get(ctx: Context, class: String, uid: String, attributes: Vec<String>) -> Result<Object, Error> {
        call::<S, _>(|connector| connector.get(&ctx, &class, &uid, &attributes))
    }

    fn search(ctx: Context, query: Query) -> Result<Page, Error> {
        call::<S, _>(|connector| connector.search(&ctx, query))
    }
}

impl<S: Slot> writer::Guest for Guest<S> {
    fn create(ctx: Context, class: String, attributes: Vec<Attribute>) -> Result<WriteResult, Error> {
        call::<S, _>(|connector| connector.create(&ctx, &class, attributes))
    }

    fn update(
        ctx: Context,
        class: String,
        uid: String,
        if_match: Option<String>,
        deltas: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        call::<S, _>(|connector| connector.update(&ctx, &class, &uid, if_match.as_deref(), deltas))
    }

    fn delete(ctx: Context, class: String, uid: String, if_match: Option<String>) -> Result<(), Error> {
        call::<S, _>(|connector| connector.delete(&ctx, &class, &uid, if_match.as_deref()))
    }
}

impl<S: Slot> sync::Guest for Guest<S> {
    fn latest_token(ctx: Context, class: String) -> Result<Vec<u8>, Error> {
        call::<S, _>(|connector| connector.latest_token(&ctx, &class))
    }

    fn first_token(ctx: Context, class: String) -> Result<Beginning, Error> {
        call::<S, _>(|connector| connector.first_token(&ctx, &class))
    }

    fn changes(
        ctx: Context,
        class: String,
        token: Vec<u8>,
        attributes: Vec<String>,
        limit: u32,
        wait: u32,
    ) -> Result<SyncPage, Error> {
        call::<S, _>(|connector| connector.changes(&ctx, &class, &token, &attributes, limit, wait))
    }
}

/// Makes a [`Connector`] the connector of this component. Once per crate.
#[macro_export]
macro_rules! export {
    ($connector:ty) => {
        #[doc(hidden)]
        mod patchbay_export {
            #[allow(unused_imports, reason = "the type may be named in full")]
            use super::*;

            ::std::thread_local! {
                static CONNECTOR: ::std::cell::OnceCell<$connector> = const { ::std::cell::OnceCell::new() };
            }

            #[derive(Debug)]
            struct Own;

            impl $crate::export::Slot for Own {
                type Connector = $connector;

                fn set(connector: $connector) -> bool {
                    CONNECTOR.with(|slot| slot.set(connector)).is_ok()
                }

                fn with<R>(f: impl FnOnce(Option<&$connector>) -> R) -> R {
                    CONNECTOR.with(|slot| f(slot.get()))
                }
            }

            // The exports' names are no symbols a native linker takes; nothing calls them there.
            #[cfg(target_family = "wasm")]
            type Component = $crate::export::Guest<Own>;
            #[cfg(target_family = "wasm")]
            $crate::bindings::export!(Component with_types_in $crate::bindings);
        }
    };
}
