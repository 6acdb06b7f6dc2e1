-- The database of the example: a help-desk application as one finds them, grown over
-- years and never meant for provisioning. Patchbay adds nothing to it: no column, no
-- table, no trigger.
--
-- What is old-fashioned on purpose: surrogate keys that nobody outside knows, a status
-- letter instead of a truth value, codes padded with spaces (CHAR), mail addresses in
-- a child table, departments behind a code table, teams through a junction table, and
-- triggers that keep versions and an audit log whoever writes.

CREATE TABLE department (
    dept_id   INTEGER PRIMARY KEY,
    -- Given by the accountants, when they get to it.
    dept_code CHAR(6) UNIQUE,
    name      VARCHAR(80) NOT NULL UNIQUE
);

-- Code tables come with the application.
INSERT INTO department (dept_id, dept_code, name) VALUES
    (10, 'SD    ', 'Service Desk'),
    (20, 'FIELD ', 'Field Support'),
    (30, 'NET   ', 'Network Operations'),
    (40, 'FIN   ', 'Finance'),
    (50, 'HR    ', 'Human Resources'),
    (60, 'RD    ', 'Research and Development');

CREATE TABLE person (
    -- AUTOINCREMENT: the id of a deleted person is never given to another.
    person_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Case-insensitive, as the log-in form always was.
    login         VARCHAR(100) NOT NULL COLLATE NOCASE,
    first_name    VARCHAR(80),
    last_name     VARCHAR(80),
    display_name  VARCHAR(200),
    title         VARCHAR(120),
    -- 'A' active, 'D' disabled.
    status        CHAR(1) NOT NULL DEFAULT 'A',
    -- Stored with its padding: 'CC-1200 '.
    cost_center   CHAR(40),
    locale        VARCHAR(64),
    phone_work    VARCHAR(40),
    phone_mobile  VARCHAR(40),
    employee_no   VARCHAR(40),
    external_id   VARCHAR(200),
    dept_id       INTEGER,
    manager_id    INTEGER,
    -- As the log-in form checks it: argon2id in its PHC form.
    password_hash VARCHAR(255),
    last_login_at TIMESTAMP,
    created_at    TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at    TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    row_version   INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT person_login_key UNIQUE (login),
    CONSTRAINT person_login_given CHECK (login <> ''),
    CONSTRAINT person_employee_no_key UNIQUE (employee_no),
    CONSTRAINT person_status_known CHECK (status IN ('A', 'D')),
    CONSTRAINT person_department_fkey FOREIGN KEY (dept_id) REFERENCES department (dept_id),
    CONSTRAINT person_manager_fkey FOREIGN KEY (manager_id) REFERENCES person (person_id) ON DELETE SET NULL
);
CREATE INDEX person_external_id ON person (external_id);
CREATE INDEX person_manager_id ON person (manager_id);

CREATE TABLE person_mail (
    mail_id   INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (person_id) ON DELETE CASCADE,
    -- 'W' work, 'O' other.
    kind      CHAR(1) NOT NULL,
    address   VARCHAR(254) NOT NULL COLLATE NOCASE,
    CONSTRAINT person_mail_kind_known CHECK (kind IN ('W', 'O')),
    CONSTRAINT person_mail_key UNIQUE (person_id, kind, address)
);
CREATE INDEX person_mail_address ON person_mail (address);

CREATE TABLE person_role (
    person_id INTEGER NOT NULL REFERENCES person (person_id) ON DELETE CASCADE,
    role      VARCHAR(60) NOT NULL,
    PRIMARY KEY (person_id, role)
);

CREATE TABLE team (
    team_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name         VARCHAR(120) NOT NULL COLLATE NOCASE,
    external_ref VARCHAR(200),
    created_at   TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at   TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    row_version  INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT team_name_key UNIQUE (name),
    CONSTRAINT team_name_given CHECK (name <> '')
);
CREATE INDEX team_external_ref ON team (external_ref);

CREATE TABLE team_person (
    team_id   INTEGER NOT NULL REFERENCES team (team_id) ON DELETE CASCADE,
    person_id INTEGER NOT NULL REFERENCES person (person_id) ON DELETE CASCADE,
    joined_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (team_id, person_id)
);
CREATE INDEX team_person_person ON team_person (person_id);

-- Written by triggers only; Patchbay is not even granted the right to read it.
CREATE TABLE audit_log (
    audit_id    INTEGER PRIMARY KEY,
    happened_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    table_name  VARCHAR(30) NOT NULL,
    -- 'I' insert, 'U' update, 'D' delete.
    action      CHAR(1) NOT NULL,
    row_key     VARCHAR(60) NOT NULL
);

CREATE TRIGGER person_insert AFTER INSERT ON person BEGIN
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person', 'I', NEW.person_id);
END;
CREATE TRIGGER person_update AFTER UPDATE ON person WHEN NEW.row_version = OLD.row_version BEGIN
    UPDATE person
       SET row_version = OLD.row_version + 1, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
     WHERE person_id = NEW.person_id;
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person', 'U', NEW.person_id);
END;
CREATE TRIGGER person_delete AFTER DELETE ON person BEGIN
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person', 'D', OLD.person_id);
END;

-- A change to what belongs to a person is a change to the person.
CREATE TRIGGER person_mail_insert AFTER INSERT ON person_mail BEGIN
    UPDATE person SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE person_id = NEW.person_id;
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_mail', 'I', NEW.person_id);
END;
CREATE TRIGGER person_mail_update AFTER UPDATE ON person_mail BEGIN
    UPDATE person SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE person_id = NEW.person_id;
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_mail', 'U', NEW.person_id);
END;
CREATE TRIGGER person_mail_delete AFTER DELETE ON person_mail BEGIN
    UPDATE person SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE person_id = OLD.person_id;
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_mail', 'D', OLD.person_id);
END;
CREATE TRIGGER person_role_insert AFTER INSERT ON person_role BEGIN
    UPDATE person SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE person_id = NEW.person_id;
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_role', 'I', NEW.person_id);
END;
CREATE TRIGGER person_role_delete AFTER DELETE ON person_role BEGIN
    UPDATE person SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE person_id = OLD.person_id;
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_role', 'D', OLD.person_id);
END;

CREATE TRIGGER team_insert AFTER INSERT ON team BEGIN
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('team', 'I', NEW.team_id);
END;
CREATE TRIGGER team_update AFTER UPDATE ON team WHEN NEW.row_version = OLD.row_version BEGIN
    UPDATE team
       SET row_version = OLD.row_version + 1, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
     WHERE team_id = NEW.team_id;
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('team', 'U', NEW.team_id);
END;
CREATE TRIGGER team_delete AFTER DELETE ON team BEGIN
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('team', 'D', OLD.team_id);
END;
CREATE TRIGGER team_person_insert AFTER INSERT ON team_person BEGIN
    UPDATE team SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE team_id = NEW.team_id;
    INSERT INTO audit_log (table_name, action, row_key)
    VALUES ('team_person', 'I', NEW.team_id || ',' || NEW.person_id);
END;
CREATE TRIGGER team_person_delete AFTER DELETE ON team_person BEGIN
    UPDATE team SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE team_id = OLD.team_id;
    INSERT INTO audit_log (table_name, action, row_key)
    VALUES ('team_person', 'D', OLD.team_id || ',' || OLD.person_id);
END;
