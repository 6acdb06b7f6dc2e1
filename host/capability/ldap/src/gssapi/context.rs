//! One bind, as libkrb5 sees it. All of this may block.

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext as _};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_KRB5_PRINCIPAL, OidSet};
use patchbay_capability::ldap::{Error, Failure};

use super::refusal::refused;

/// The layer that is none (RFC 4752 section 3.3), as the server offers it and we choose it.
const NO_LAYER: u8 = 1;
/// What both sides have to prove: the server, who it is; and that nobody changes what they say.
const PROOFS: CtxFlags = CtxFlags::GSS_C_MUTUAL_FLAG.union(CtxFlags::GSS_C_INTEG_FLAG);

/// A bind under way.
#[derive(Debug)]
pub(super) struct Context {
    gss: ClientCtx,
    /// What ties it to the way.
    binding: Option<Vec<u8>>,
    /// The layer was chosen: that is our last word.
    done: bool,
}

impl Context {
    /// A bind as `principal`, or as whoever there are tickets for, to a service; and what to
    /// say first.
    pub(super) fn begin(
        principal: Option<&str>,
        service: &str,
        binding: Option<Vec<u8>>,
    ) -> Result<(Self, Vec<u8>), Error> {
        let named =
            |name: &str| Name::new(name.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL)).map_err(|error| refused(&error));
        let (owner, service) = (principal.map(named).transpose()?, named(service)?);
        let kerberos = OidSet::singleton(GSS_MECH_KRB5).map_err(|error| refused(&error))?;
        let credentials = Cred::acquire(owner.as_ref(), None, CredUsage::Initiate, Some(&kerberos));
        let credentials = credentials.map_err(|error| refused(&error))?;
        let gss = ClientCtx::new(Some(credentials), service, PROOFS, Some(GSS_MECH_KRB5));
        Self { gss, binding, done: false }.step(None)
    }

    /// What to say to the server's last word.
    pub(super) fn answer(self, challenge: &[u8]) -> Result<(Self, Vec<u8>), Error> {
        if self.gss.is_complete() { self.choose(challenge) } else { self.step(Some(challenge)) }
    }

    /// Whether our last word was said.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    fn step(mut self, token: Option<&[u8]>) -> Result<(Self, Vec<u8>), Error> {
        let next = self.gss.step(token, self.binding.as_deref()).map_err(|error| refused(&error))?;
        if self.gss.is_complete() {
            let granted = self.gss.flags().map_err(|error| refused(&error))?;
            if !granted.contains(PROOFS) {
                return Err(Error::new(Failure::PermissionDenied, "the server does not prove by Kerberos who it is"));
            }
        }
        Ok((self, next.map(|token| token.to_vec()).unwrap_or_default()))
    }

    /// The server offers layers, and we take none.
    fn choose(mut self, offer: &[u8]) -> Result<(Self, Vec<u8>), Error> {
        let bad = |words: &str| Error::new(Failure::Unsupported, words);
        if self.done {
            return Err(bad("the server asks for more than Kerberos has to say"));
        }
        let offer = self.gss.unwrap(offer).map_err(|error| refused(&error))?;
        match &*offer {
            [layers, _, _, _] if layers & NO_LAYER != 0 => {}
            [_, _, _, _] => {
                return Err(bad("the server demands encryption by Kerberos, although the way is encrypted"));
            }
            _ => return Err(bad("the server's offer of a layer cannot be read")),
        }
        // No layer has no size; and nobody else's name is wanted.
        let choice = self.gss.wrap(false, &[NO_LAYER, 0, 0, 0]).map_err(|error| refused(&error))?.to_vec();
        self.done = true;
        Ok((self, choice))
    }
}
