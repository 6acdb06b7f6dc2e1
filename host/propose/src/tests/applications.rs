//! Shapes of tables as well-known applications have them, in short.

use super::check;

#[test]
fn django() {
    let users = "auth_user
        id int serial key: 1, 2
        password text not null: pbkdf2_sha256$600000$a$b, pbkdf2_sha256$600000$c$d
        last_login time
        is_superuser bool not null: false, false
        username text unique not null: ada, bob
        first_name text not null: Ada, Bob
        last_name text not null: L, B
        email text not null: a@x.example, b@x.example
        is_staff bool not null: false, false
        is_active bool not null: true, true
        date_joined time not null";
    let group = "auth_group
        id int serial key: 1
        name text unique not null: editors";
    let members = "auth_user_groups
        id int serial key: 1
        user_id int not null: 1
        group_id int not null: 1
        user_id -> auth_user.id
        group_id -> auth_group.id";
    let permission = "auth_permission
        id int serial key: 1
        name text not null: Can add
        codename text not null: add";
    let permissions = "auth_user_user_permissions
        id int serial key: 1
        user_id int not null: 1
        permission_id int not null: 1
        user_id -> auth_user.id
        permission_id -> auth_permission.id";
    let log = "django_admin_log
        id int serial key: 1
        object_repr text not null: x
        user_id int not null: 1
        user_id -> auth_user.id";
    check(
        &[group, users, members, permission, permissions, log],
        &[
            "User.userName = 'username'",
            "User.active = 'is_active'",
            "User.password = { attribute = 'password', hash = 'django-pbkdf2-sha256' }",
            "User.name.givenName = 'first_name'",
            "User.name.familyName = 'last_name'",
            "User.emails[type eq 'work'].value = 'email'",
            // What a new row needs, and SCIM has no name for.
            "User.isSuperuser = 'is_superuser'",
            "User.isStaff = 'is_staff'",
            "User.dateJoined = 'date_joined'",
            "User.groups = 'groups'",
            "Group.displayName = 'name'",
            "Group.members = 'members'",
        ],
    );
}

/// Keys are the names themselves, and no foreign key is declared.
#[test]
fn nextcloud() {
    let users = "oc_users
        uid text key: ada, bob
        displayname text: Ada L, Bob B
        password text not null default: x, y
        uid_lower text default: ada, bob";
    let groups = "oc_groups
        gid text key: admin
        displayname text not null default: admin";
    let members = "oc_group_user
        gid text not null: admin
        uid text not null: ada
        key gid, uid";
    check(
        &[groups, users, members],
        &[
            "User.userName = 'uid'",
            "User.displayName = 'displayname'",
            "User.groups = 'groups'",
            "Group.displayName = 'displayname'",
            "Group.gid = 'gid'",
            "Group.members = 'members'",
        ],
    );
}

#[test]
fn wordpress() {
    let users = "wp_users
        ID int serial key: 1, 2
        user_login text unique not null default: ada, bob
        user_pass text not null default: $P$Baaaa, $P$Bbbbb
        user_nicename text not null default: ada, bob
        user_email text not null default: a@x.example, b@x.example
        user_url text not null default: -, -
        user_registered time not null default
        user_status int not null default: 0, 0
        display_name text not null default: Ada, Bob";
    let meta = "wp_usermeta
        umeta_id int serial key: 1
        user_id int not null default: 1
        meta_key text: nickname
        meta_value text: ada";
    let proposal = check(
        &[meta, users],
        &[
            "User.userName = 'user_login'",
            "User.displayName = 'display_name'",
            "User.emails[type eq 'work'].value = 'user_email'",
        ],
    );
    assert!(proposal.notes.iter().any(|note| note.contains("phpass")), "{:?}", proposal.notes);
    // Everybody has 0 there.
    assert!(
        proposal.assumptions.iter().any(|line| line.contains("wp_users.user_status")),
        "{:?}",
        proposal.assumptions
    );
}

#[test]
fn moodle() {
    let users = "mdl_user
        id int serial key: 1, 2
        auth text not null default: manual, manual
        confirmed int not null default: 1, 1
        deleted int not null default: 0, 0
        suspended int not null default: 0, 1
        username text unique not null default: ada, bob
        password text not null default: $2y$10$aaaa, $2y$10$bbbb
        firstname text not null default: Ada, Bob
        lastname text not null default: L, B
        email text not null default: a@x.example, b@x.example
        department text not null default: Sales, IT
        city text not null default: Paris, Rome
        lang text not null default: en, it
        timezone text not null default: 99, 99
        timecreated int not null default: 1, 2";
    let cohort = "mdl_cohort
        id int serial key: 1
        name text not null default: First year
        idnumber text: c1";
    let members = "mdl_cohort_members
        id int serial key: 1
        cohortid int not null default: 1
        userid int not null default: 1
        timeadded int not null default: 1";
    let proposal = check(
        &[cohort, members, users],
        &[
            "User.userName = 'username'",
            "User.active = { attribute = 'suspended', values = { false = 1, true = 0 } }",
            "User.password = { attribute = 'password', hash = { scheme = 'bcrypt', variant = '2y' } }",
            "User.name.givenName = 'firstname'",
            "User.name.familyName = 'lastname'",
            "User.emails[type eq 'work'].value = 'email'",
            "User.department = 'department'",
            "User.addresses[type eq 'work'].locality = 'city'",
            "User.preferredLanguage = 'lang'",
            "User.timezone = 'timezone'",
            "User.groups = 'groups'",
            "Group.displayName = 'name'",
            "Group.members = 'members'",
        ],
    );
    assert_eq!(proposal.classes[0].soft_delete.len(), 1);
}
