//! The words themselves, as data.

use super::Role;

/// Words of each role, the likelier ones first.
pub(super) const ROLES: &[(Role, &str)] = &[
    (
        Role::UserName,
        "username login loginname logonname logon userlogin signinname samaccountname
        userprincipalname upn accountname useraccount account uid userid usercode user benutzername
        anmeldename benutzerkennung nutzername nutzerkennung loginkennung kennung benutzer anmeldung
        kuerzel identifiant nomutilisateur nomdutilisateur utilisateur compte pseudo screenname
        handle",
    ),
    (Role::GivenName, "firstname givenname forename fname first vorname rufname prenom"),
    (
        Role::FamilyName,
        "lastname familyname surname lname last sn nachname familienname zuname nom nomfamille
        nomdefamille",
    ),
    (Role::MiddleName, "middlename middle middleinitial zweitername zweitervorname deuxiemeprenom"),
    (Role::Prefix, "salutation honorific nameprefix anrede civilite akademischertitel"),
    (
        Role::DisplayName,
        "displayname fullname realname commonname cn name anzeigename vollname vollstaendigername
        ganzername nomcomplet nomaffiche nomaffichage",
    ),
    (Role::NickName, "nickname nick spitzname surnom"),
    (
        Role::Title,
        "title jobtitle position stelle stellenbezeichnung funktion berufsbezeichnung titel titre
        fonction poste",
    ),
    (
        Role::UserType,
        "usertype employeetype stafftype persontype contracttype benutzertyp mitarbeitertyp
        personaltyp beschaeftigungsart typeutilisateur typeemploye typecontrat",
    ),
    (Role::Language, "language lang preferredlanguage sprache langue culture"),
    (Role::Locale, "locale gebietsschema"),
    (Role::Timezone, "timezone tz zeitzone fuseauhoraire"),
    (
        Role::ExternalId,
        "externalid extid externalref externalkey externalreference ssoid objectid azureid entraid
        oktaid externeid externereferenz idexterne referenceexterne",
    ),
    (
        Role::Mail,
        "email mail emailaddress mailaddress workemail emailwork businessemail smtpaddress
        emailadresse mailadresse eadresse dienstmail emaildienstlich courriel mel adressemail
        adresseemail adressecourriel adresseelectronique emailprofessionnel",
    ),
    (
        Role::OtherMail,
        "privateemail personalemail homeemail alternateemail secondaryemail recoveryemail email2
        emailprivat privatemail emailpersonnel courrielpersonnel",
    ),
    (
        Role::WorkPhone,
        "phone telephone tel phonenumber telephonenumber workphone phonework officephone
        businessphone telefon telefonnummer telnr telefonnr telefondienstlich diensttelefon
        rufnummer durchwahl telephonebureau telbureau numerotelephone numerodetelephone",
    ),
    (
        Role::MobilePhone,
        "mobile mobilephone phonemobile mobilenumber cell cellphone handy handynummer handynr mobil
        mobiltelefon mobilnummer mobilnr portable telephoneportable telportable",
    ),
    (Role::HomePhone, "homephone phonehome privatephone telefonprivat privattelefon telephonedomicile teldomicile"),
    (Role::Fax, "fax faxnumber phonefax telefax faxnummer faxnr telecopie"),
    (Role::Street, "street streetaddress addressline1 strasse anschrift rue"),
    (Role::Locality, "city town locality ort wohnort stadt ville localite"),
    (Role::PostalCode, "postalcode postcode zip zipcode plz postleitzahl codepostal"),
    (Role::Country, "country countrycode land laendercode pays codepays"),
    (
        Role::EmployeeNumber,
        "employeenumber employeeno employeeid empno empid staffid staffno staffnumber personnelnumber
        personnelno badgenumber personalnummer personalnr persnr pnr mitarbeiternummer mitarbeiternr
        matricule numeroemploye numeromatricule",
    ),
    (Role::CostCenter, "costcenter costcentre kostenstelle kst centredecout centrecout"),
    (Role::Organization, "organization organisation company companyname firma unternehmen mandant societe entreprise"),
    (Role::Division, "division bereich geschaeftsbereich sparte"),
    (
        Role::Department,
        "department dept departmentname deptname orgunit abteilung abt abteilungsname departement
        service unite",
    ),
    (
        Role::Created,
        "createdat created createdon createddate creationdate datecreated creationtime createtime
        insertedat dateadded regdate registeredat erstelltam erstellt angelegtam angelegt
        anlagedatum erfasstam creele creation datecreation datedecreation",
    ),
    (
        Role::Modified,
        "updatedat updated updatedon modifiedat modified modifiedon lastmodified lastupdate
        lastupdated changedat changed datemodified updatetime geaendertam geaendert aenderungsdatum
        letzteaenderung modifiele datemodification datedemodification majle misajourle",
    ),
    (
        Role::Password,
        "password passwd passwordhash pwd pwdhash pass passhash pw pwhash hashedpassword
        encryptedpassword userpassword passwort kennwort passworthash kennworthash motdepasse
        motpasse mdp hash",
    ),
    (
        Role::Active,
        "active isactive enabled isenabled status state accountstatus userstatus aktiv istaktiv
        freigegeben zustand aktivkz actif estactif etat statut",
    ),
    (
        Role::Inactive,
        "disabled isdisabled inactive isinactive blocked isblocked locked islocked suspended
        issuspended banned gesperrt istgesperrt deaktiviert inaktiv bloque estbloque desactive
        inactif suspendu",
    ),
    (
        Role::Deleted,
        "deletedat deleted isdeleted deletedon deletedate datedeleted removedat delflag geloescht
        istgeloescht geloeschtam loeschdatum loeschkz supprime estsupprime supprimele
        datesuppression",
    ),
    (
        Role::Version,
        "rowversion version lockversion optlock revision recversion objectversion rowver
        zeilenversion versionsnummer",
    ),
    (
        Role::Manager,
        "manager supervisor boss reportsto managedby linemanager vorgesetzter vorgesetzte chef
        responsable superieur superieurhierarchique",
    ),
    (Role::Roles, "role roles rolename rolle rollen rollenname nomrole"),
    (Role::Entitlements, "entitlement permission privilege right licence license recht berechtigung droit"),
    (
        Role::GroupName,
        "name groupname teamname rolename displayname title label group team role gruppenname
        rollenname bezeichnung gruppe rolle titel nom nomgroupe nomequipe libelle intitule
        designation groupe equipe",
    ),
];

/// What a table of people is called, in the singular.
pub(super) const PEOPLE: &str =
    "user person people account employee staff member login identity worker benutzer nutzer anwender
    mitarbeiter personal konto mitglied angestellter utilisateur personne employe salarie agent
    compte membre collaborateur";

/// What a table of groups is called, in the singular, with how sure that makes one.
pub(super) const GROUPS: &[(i32, &str)] = &[
    (30, "group team usergroup gruppe benutzergruppe groupe equipe"),
    (20, "role rolle verteiler cohort circle squad distributionlist mailinglist"),
    (15, "profile profil committee gremium"),
    (5, "project projekt projet"),
];

/// Words in the names of tables that say who is in something.
pub(super) const MEMBERSHIP: &str = "member members membership memberships memberof mitglied mitglieder
    mitgliedschaft mitgliedschaften membre membres appartenance zuordnung";

/// Words in the names of tables that are about people and do not hold them.
pub(super) const NOT_PEOPLE: &str =
    "log logs audit history hist historie historique archive archiv backup bak old alt tmp temp
    session sessions sitzung token tokens setting settings preference preferences einstellung
    einstellungen notification message messages event events queue attempt attempts reset import
    export journal protokoll type typ types status";

/// Words for what a mail address or a phone is for.
pub(super) const KINDS: &[(&str, &str)] = &[
    (
        "work",
        "w work office business b dienst dienstlich d geschaeftlich g arbeit firma bureau pro
        professionnel travail primary main",
    ),
    ("home", "h home private p priv privat personal personnel prive domicile maison"),
    ("mobile", "m mobile cell c handy mobil portable"),
    ("fax", "f fax telefax telecopie"),
    ("pager", "pager"),
    ("other", "o other sonstige sonstiges s andere a autre alternate secondary"),
];

/// Values that mean an account may be used, the clearer ones first.
pub(super) const ACTIVE: &str =
    "active a aktiv actif enabled 1 y yes ja j oui o true t open ok valid live normal current hired
    frei";

/// Values that mean it may not.
pub(super) const INACTIVE: &str =
    "inactive i d inaktiv inactif disabled 0 n no nein non false f blocked gesperrt g locked l closed
    c suspended s x terminated deleted deaktiviert desactive left ausgetreten archived";

/// Values that come in pairs, yes and no, where there is no doubt.
pub(super) const COUNTERPARTS: &str =
    "Y/N J/N O/N T/F 1/0 yes/no ja/nein oui/non true/false active/inactive aktiv/inaktiv
    actif/inactif enabled/disabled";

/// Words in the names of columns that hold codes.
pub(super) const CODES: &str =
    "type kind typ art category kategorie categorie flag kz status state zustand statut etat";

/// Names of columns that hold states, among those that tell whether an account may be used.
pub(super) const STATES: &str = "status state accountstatus userstatus zustand etat statut";

/// Pairs that are offered where at most one value of a status was seen, yes and no.
pub(super) const PAIRS: &str =
    "A/D A/I Y/N J/N O/N T/F 1/0 active/inactive ACTIVE/INACTIVE enabled/disabled aktiv/inaktiv actif/inactif";
