//! The connector, watched for what it does not say of itself: whether objects have
//! versions shows in its answers only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use patchbay_contract::{
    Attribute, Connector, Context, Delta, Diagnostic, Error, Object, ObjectClass, ObjectId, Page, Query, WriteResult,
};

/// A connector and what its answers have shown.
#[derive(Debug)]
pub(crate) struct Watched {
    connector: Arc<dyn Connector>,
    versions: AtomicBool,
}

impl Watched {
    /// Nothing is known of it yet.
    pub(crate) fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector, versions: AtomicBool::new(false) }
    }

    /// Whether any object had a version so far. It never becomes false again.
    pub(crate) fn has_versions(&self) -> bool {
        self.versions.load(Ordering::Relaxed)
    }

    fn note(&self, id: &ObjectId) {
        // Reading first keeps the cache line shared among requests.
        if id.revision.is_some() && !self.has_versions() {
            self.versions.store(true, Ordering::Relaxed);
        }
    }
}

#[async_trait]
impl Connector for Watched {
    async fn test(&self, ctx: &Context) -> Result<Vec<Diagnostic>, Error> {
        self.connector.test(ctx).await
    }

    async fn discover(&self, ctx: &Context) -> Result<Vec<ObjectClass>, Error> {
        self.connector.discover(ctx).await
    }

    async fn get(&self, ctx: &Context, class: &str, uid: &str, attributes: &[String]) -> Result<Object, Error> {
        self.connector.get(ctx, class, uid, attributes).await.inspect(|object| self.note(&object.id))
    }

    async fn search(&self, ctx: &Context, query: Query) -> Result<Page, Error> {
        let page = self.connector.search(ctx, query).await;
        page.inspect(|page| page.objects.iter().take(1).for_each(|object| self.note(&object.id)))
    }

    async fn create(&self, ctx: &Context, class: &str, attributes: Vec<Attribute>) -> Result<WriteResult, Error> {
        self.connector.create(ctx, class, attributes).await.inspect(|written| self.note(&written.id))
    }

    async fn update(
        &self,
        ctx: &Context,
        class: &str,
        uid: &str,
        if_match: Option<&str>,
        deltas: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        let written = self.connector.update(ctx, class, uid, if_match, deltas).await;
        written.inspect(|written| self.note(&written.id))
    }

    async fn delete(&self, ctx: &Context, class: &str, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
        self.connector.delete(ctx, class, uid, if_match).await
    }
}
