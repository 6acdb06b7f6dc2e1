//! Bindings that wasmtime generates from `wit/`: one world with everything a connector
//! may import or export. Which of it a component really has is found out per interface.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "patchbay:connector/sql-connector",
    imports: {
        // Answered from memory: no fiber switch, and billed to the guest.
        "patchbay:runtime/log": trappable,
        "patchbay:sql/client.[method]connection.dialect": trappable,
        "patchbay:sql/client.[method]cursor.columns": trappable,
        default: async | trappable,
    },
    exports: { default: async },
    with: {
        "patchbay:sql/client.connection": crate::host::sql::Connection,
        "patchbay:sql/client.cursor": crate::host::sql::Cursor,
    },
});
