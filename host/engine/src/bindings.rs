//! Bindings that wasmtime generates from `wit/`: one world with everything a connector
//! may import or export. Which of it a component really has is found out per interface.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "patchbay:connector/everything",
    imports: {
        // Answered from memory: no fiber switch, and billed to the guest.
        "patchbay:runtime/log": trappable,
        "patchbay:sql/client.[method]connection.dialect": trappable,
        "patchbay:sql/client.[method]cursor.columns": trappable,
        "patchbay:ldap/client.[method]connection.bases": trappable,
        "patchbay:ldap/client.[method]connection.writes": trappable,
        "patchbay:ldap/client.[method]search.total": trappable,
        default: async | trappable,
    },
    exports: { default: async },
    with: {
        "patchbay:sql/client.connection": crate::host::sql::Connection,
        "patchbay:sql/client.cursor": crate::host::sql::Cursor,
        "patchbay:ldap/client.connection": crate::host::ldap::Connection,
        "patchbay:ldap/client.search": crate::host::ldap::Search,
    },
});
