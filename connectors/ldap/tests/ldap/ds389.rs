//! What 389 Directory Server alone has.

use patchbay_contract::{Comparator, Value};
use patchbay_test_support::Ds389;
use serde_json::json;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, compare, secret, set};

/// A role whose members the server lets do nothing: what `dsidm` and the console make.
const DISABLED: &str = "dn: cn=nsManagedDisabledRole,dc=example,dc=org
objectClass: ldapSubEntry
objectClass: nsRoleDefinition
objectClass: nsSimpleRoleDefinition
objectClass: nsManagedRoleDefinition
cn: nsManagedDisabledRole

dn: cn=nsAccountInactivationTmp,dc=example,dc=org
objectClass: nsContainer
cn: nsAccountInactivationTmp

dn: cn=\"cn=nsManagedDisabledRole,dc=example,dc=org\",cn=nsAccountInactivationTmp,dc=example,dc=org
objectClass: extensibleObject
objectClass: cosTemplate
objectClass: ldapSubEntry
cn: cn=nsManagedDisabledRole,dc=example,dc=org
nsAccountLock: true

dn: cn=nsAccountInactivation_cos,dc=example,dc=org
objectClass: ldapSubEntry
objectClass: cosSuperDefinition
objectClass: cosClassicDefinition
cosTemplateDn: cn=nsAccountInactivationTmp,dc=example,dc=org
cosAttribute: nsAccountLock operational
cosSpecifier: nsRole
";

/// Through a role, where that is how a site does it.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_disables_accounts() {
    if Ds389::is_left_out() {
        return;
    }
    let role = json!({ "role": "cn=nsManagedDisabledRole,dc=example,dc=org" });
    let target = Target::new(Kind::Ds389, with(settings(Kind::Ds389), "/classes/person/active", role));
    target.directory.ldif(DISABLED);
    let password = target.kind.password();
    let uid = target.person("dora", vec![attribute("password", [secret(password)])]).await.unwrap();
    let dora = target.entry("dora").dn;
    assert!(target.directory.binds(&dora, password));
    let set_active = async |active| target.update("person", &uid, vec![set("active", Value::Boolean(active))]).await;
    for _ in 0..2 {
        set_active(false).await.unwrap();
        assert_eq!(target.values("person", &uid, "active").await, ["false"]);
        assert_eq!(target.entry("dora").texts("nsroledn"), ["cn=nsManagedDisabledRole,dc=example,dc=org"]);
        assert!(!target.directory.binds(&dora, password));
    }
    let inactive = vec![compare("active", Comparator::Equal, Value::Boolean(false))];
    assert_eq!(target.matches(inactive).await.unwrap(), ["dora"]);
    set_active(true).await.unwrap();
    assert_eq!(target.entry("dora").texts("nsroledn"), [""; 0]);
    assert!(target.directory.binds(&dora, password));
    let given = vec![attribute("password", [secret(password)]), attribute("active", [Value::Boolean(false)])];
    target.person("emil", given).await.unwrap();
    assert!(!target.directory.binds(&target.entry("emil").dn, password), "born disabled");
}
