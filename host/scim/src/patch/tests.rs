mod applying;
mod model;
mod reading;

use serde_json::{Map, Value, json};

use super::{MAX_OPERATIONS, Patch, apply};
use crate::{PATCH_URN, SchemaSet, ScimError, testing::profile};

/// A PATCH body of these operations.
fn body(operations: Value) -> Value {
    json!({"schemas": [PATCH_URN], "Operations": operations})
}

/// A resource after the operations, and whether they changed it.
fn patched(
    schemas: &SchemaSet,
    profile_name: &str,
    resource: &Value,
    operations: Value,
) -> Result<(Value, bool), ScimError> {
    let profile = profile(profile_name);
    let patch = Patch::parse(body(operations), schemas, &profile, MAX_OPERATIONS)?;
    let before: Map<String, Value> = resource.as_object().unwrap().clone();
    let mut after = before.clone();
    match apply(&mut after, &patch.edits, schemas, &profile, &|_, _, _, _| false) {
        Ok(changed) => {
            assert_eq!(changed, after != before);
            Ok((Value::Object(after), changed))
        }
        Err(error) => {
            assert_eq!(after, before, "a failed PATCH must leave the resource as it was");
            Err(error)
        }
    }
}
