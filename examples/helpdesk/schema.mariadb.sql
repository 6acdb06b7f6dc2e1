-- The database of the example on MariaDB: a help-desk application as one finds them,
-- grown over years and never meant for provisioning. Patchbay adds nothing to it: no
-- column, no table, no trigger.
--
-- What is old-fashioned on purpose: surrogate keys that nobody outside knows, a status
-- letter instead of a truth value, codes padded with spaces (CHAR), mail addresses in
-- a child table, departments behind a code table, teams through a junction table, and
-- triggers that keep versions and an audit log whoever writes. InnoDB fires none of them
-- for rows that go with their parent.
--
-- Texts tell case, as they do by default on other databases; what people log in with
-- does not.

SET default_storage_engine = InnoDB;

CREATE TABLE department (
    dept_id   INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
    -- Given by the accountants, when they get to it.
    dept_code CHAR(6),
    name      VARCHAR(80) NOT NULL,
    CONSTRAINT department_dept_code_key UNIQUE (dept_code),
    CONSTRAINT department_name_key UNIQUE (name)
) AUTO_INCREMENT = 100 COLLATE utf8mb4_nopad_bin;

-- Code tables come with the application.
INSERT INTO department (dept_id, dept_code, name) VALUES
    (10, 'SD', 'Service Desk'),
    (20, 'FIELD', 'Field Support'),
    (30, 'NET', 'Network Operations'),
    (40, 'FIN', 'Finance'),
    (50, 'HR', 'Human Resources'),
    (60, 'RD', 'Research and Development');

CREATE TABLE person (
    person_id     INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
    -- Case-insensitive, as the log-in form always was.
    login         VARCHAR(100) COLLATE utf8mb4_general_nopad_ci NOT NULL,
    first_name    VARCHAR(80),
    last_name     VARCHAR(80),
    display_name  VARCHAR(200),
    title         VARCHAR(120),
    -- 'A' active, 'D' disabled.
    status        CHAR(1) NOT NULL DEFAULT 'A',
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
    last_login_at TIMESTAMP(6) NULL DEFAULT NULL,
    created_at    TIMESTAMP(6) NOT NULL DEFAULT current_timestamp(6),
    updated_at    TIMESTAMP(6) NOT NULL DEFAULT current_timestamp(6),
    row_version   INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT person_login_key UNIQUE (login),
    CONSTRAINT person_login_given CHECK (login <> ''),
    CONSTRAINT person_employee_no_key UNIQUE (employee_no),
    CONSTRAINT person_status_known CHECK (status IN ('A', 'D')),
    CONSTRAINT person_department_fkey FOREIGN KEY (dept_id) REFERENCES department (dept_id),
    CONSTRAINT person_manager_fkey FOREIGN KEY (manager_id) REFERENCES person (person_id) ON DELETE SET NULL
) COLLATE utf8mb4_nopad_bin;
CREATE INDEX person_external_id ON person (external_id);

CREATE TABLE person_mail (
    mail_id   INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
    person_id INTEGER NOT NULL,
    -- 'W' work, 'O' other.
    kind      CHAR(1) NOT NULL,
    address   VARCHAR(254) COLLATE utf8mb4_general_nopad_ci NOT NULL,
    CONSTRAINT person_mail_kind_known CHECK (kind IN ('W', 'O')),
    CONSTRAINT person_mail_key UNIQUE (person_id, kind, address),
    CONSTRAINT person_mail_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (person_id) ON DELETE CASCADE
) COLLATE utf8mb4_nopad_bin;
CREATE INDEX person_mail_address ON person_mail (address);

CREATE TABLE person_role (
    person_id INTEGER NOT NULL,
    role      VARCHAR(60) NOT NULL,
    PRIMARY KEY (person_id, role),
    CONSTRAINT person_role_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (person_id) ON DELETE CASCADE
) COLLATE utf8mb4_nopad_bin;

CREATE TABLE team (
    team_id      INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name         VARCHAR(120) COLLATE utf8mb4_general_nopad_ci NOT NULL,
    external_ref VARCHAR(200),
    created_at   TIMESTAMP(6) NOT NULL DEFAULT current_timestamp(6),
    updated_at   TIMESTAMP(6) NOT NULL DEFAULT current_timestamp(6),
    row_version  INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT team_name_key UNIQUE (name),
    CONSTRAINT team_name_given CHECK (name <> '')
) COLLATE utf8mb4_nopad_bin;
CREATE INDEX team_external_ref ON team (external_ref);

CREATE TABLE team_person (
    team_id   INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    joined_at TIMESTAMP(6) NOT NULL DEFAULT current_timestamp(6),
    PRIMARY KEY (team_id, person_id),
    CONSTRAINT team_person_team_id_fkey FOREIGN KEY (team_id) REFERENCES team (team_id) ON DELETE CASCADE,
    CONSTRAINT team_person_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (person_id) ON DELETE CASCADE
);

-- Written by triggers only; Patchbay is not granted the right to read it.
CREATE TABLE audit_log (
    audit_id    INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
    happened_at TIMESTAMP(6) NOT NULL DEFAULT current_timestamp(6),
    table_name  VARCHAR(30) NOT NULL,
    -- 'I' insert, 'U' update, 'D' delete.
    action      CHAR(1) NOT NULL,
    row_key     VARCHAR(60) NOT NULL
) COLLATE utf8mb4_nopad_bin;

CREATE TRIGGER person_version BEFORE UPDATE ON person FOR EACH ROW
    SET NEW.row_version = OLD.row_version + 1, NEW.updated_at = current_timestamp(6);
CREATE TRIGGER team_version BEFORE UPDATE ON team FOR EACH ROW
    SET NEW.row_version = OLD.row_version + 1, NEW.updated_at = current_timestamp(6);

-- A change to what belongs to a person is a change to the person.
CREATE TRIGGER person_mail_insert AFTER INSERT ON person_mail FOR EACH ROW
    UPDATE person SET updated_at = current_timestamp(6) WHERE person_id = NEW.person_id;
CREATE TRIGGER person_mail_update AFTER UPDATE ON person_mail FOR EACH ROW
    UPDATE person SET updated_at = current_timestamp(6) WHERE person_id = NEW.person_id;
CREATE TRIGGER person_mail_delete AFTER DELETE ON person_mail FOR EACH ROW
    UPDATE person SET updated_at = current_timestamp(6) WHERE person_id = OLD.person_id;
CREATE TRIGGER person_role_insert AFTER INSERT ON person_role FOR EACH ROW
    UPDATE person SET updated_at = current_timestamp(6) WHERE person_id = NEW.person_id;
CREATE TRIGGER person_role_delete AFTER DELETE ON person_role FOR EACH ROW
    UPDATE person SET updated_at = current_timestamp(6) WHERE person_id = OLD.person_id;
CREATE TRIGGER team_person_insert AFTER INSERT ON team_person FOR EACH ROW
    UPDATE team SET updated_at = current_timestamp(6) WHERE team_id = NEW.team_id;
CREATE TRIGGER team_person_delete AFTER DELETE ON team_person FOR EACH ROW
    UPDATE team SET updated_at = current_timestamp(6) WHERE team_id = OLD.team_id;

CREATE TRIGGER person_audit_insert AFTER INSERT ON person FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person', 'I', NEW.person_id);
CREATE TRIGGER person_audit_update AFTER UPDATE ON person FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person', 'U', NEW.person_id);
CREATE TRIGGER person_audit_delete AFTER DELETE ON person FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person', 'D', OLD.person_id);
CREATE TRIGGER person_mail_audit_insert AFTER INSERT ON person_mail FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_mail', 'I', NEW.person_id);
CREATE TRIGGER person_mail_audit_update AFTER UPDATE ON person_mail FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_mail', 'U', NEW.person_id);
CREATE TRIGGER person_mail_audit_delete AFTER DELETE ON person_mail FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_mail', 'D', OLD.person_id);
CREATE TRIGGER person_role_audit_insert AFTER INSERT ON person_role FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_role', 'I', NEW.person_id);
CREATE TRIGGER person_role_audit_delete AFTER DELETE ON person_role FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('person_role', 'D', OLD.person_id);
CREATE TRIGGER team_audit_insert AFTER INSERT ON team FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('team', 'I', NEW.team_id);
CREATE TRIGGER team_audit_update AFTER UPDATE ON team FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('team', 'U', NEW.team_id);
CREATE TRIGGER team_audit_delete AFTER DELETE ON team FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('team', 'D', OLD.team_id);
CREATE TRIGGER team_person_audit_insert AFTER INSERT ON team_person FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('team_person', 'I', concat(NEW.team_id, ',', NEW.person_id));
CREATE TRIGGER team_person_audit_delete AFTER DELETE ON team_person FOR EACH ROW
    INSERT INTO audit_log (table_name, action, row_key) VALUES ('team_person', 'D', concat(OLD.team_id, ',', OLD.person_id));
