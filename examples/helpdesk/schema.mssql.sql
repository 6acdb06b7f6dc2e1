-- The database of the example on SQL Server: a help-desk application as one finds them,
-- grown over years and never meant for provisioning. Patchbay adds nothing to it: no
-- column, no table, no trigger.
--
-- What is old-fashioned on purpose: surrogate keys that nobody outside knows, a status
-- letter instead of a truth value, codes padded with spaces (CHAR), mail addresses in
-- a child table, departments behind a code table, teams through a junction table, and
-- triggers that keep versions and an audit log whoever writes.
--
-- For a database that tells case (Latin1_General_100_CS_AS); what people log in with does
-- not. A line with GO ends a batch, as sqlcmd has it.

CREATE TABLE department (
    dept_id   INTEGER NOT NULL IDENTITY (100, 1) CONSTRAINT department_pkey PRIMARY KEY,
    -- Given by the accountants, when they get to it.
    dept_code NCHAR(6),
    name      NVARCHAR(80) NOT NULL,
    CONSTRAINT department_name_key UNIQUE (name)
);
-- A unique constraint would take one NULL only.
CREATE UNIQUE INDEX department_dept_code_key ON department (dept_code) WHERE dept_code IS NOT NULL;

-- Code tables come with the application.
SET IDENTITY_INSERT department ON;
INSERT INTO department (dept_id, dept_code, name) VALUES
    (10, N'SD', N'Service Desk'),
    (20, N'FIELD', N'Field Support'),
    (30, N'NET', N'Network Operations'),
    (40, N'FIN', N'Finance'),
    (50, N'HR', N'Human Resources'),
    (60, N'RD', N'Research and Development');
SET IDENTITY_INSERT department OFF;

CREATE TABLE person (
    person_id     INTEGER NOT NULL IDENTITY CONSTRAINT person_pkey PRIMARY KEY,
    -- Case-insensitive, as the log-in form always was.
    login         NVARCHAR(100) COLLATE Latin1_General_100_CI_AS NOT NULL,
    first_name    NVARCHAR(80),
    last_name     NVARCHAR(80),
    display_name  NVARCHAR(200),
    title         NVARCHAR(120),
    -- 'A' active, 'D' disabled.
    status        CHAR(1) NOT NULL CONSTRAINT person_status_default DEFAULT 'A',
    -- Comes back with its padding: 'CC-1200 '.
    cost_center   NCHAR(40),
    locale        NVARCHAR(64),
    phone_work    NVARCHAR(40),
    phone_mobile  NVARCHAR(40),
    employee_no   NVARCHAR(40),
    external_id   NVARCHAR(200),
    dept_id       INTEGER,
    manager_id    INTEGER,
    -- As the log-in form checks it: argon2id in its PHC form.
    password_hash VARCHAR(255),
    last_login_at DATETIMEOFFSET(6),
    created_at    DATETIMEOFFSET(6) NOT NULL CONSTRAINT person_created_default DEFAULT SYSDATETIMEOFFSET(),
    updated_at    DATETIMEOFFSET(6) NOT NULL CONSTRAINT person_updated_default DEFAULT SYSDATETIMEOFFSET(),
    row_version   INTEGER NOT NULL CONSTRAINT person_version_default DEFAULT 1,
    CONSTRAINT person_login_key UNIQUE (login),
    CONSTRAINT person_login_given CHECK (login <> N''),
    CONSTRAINT person_status_known CHECK (status IN ('A', 'D')),
    CONSTRAINT person_department_fkey FOREIGN KEY (dept_id) REFERENCES department (dept_id),
    -- SQL Server has no ON DELETE SET NULL for a table's own key.
    CONSTRAINT person_manager_fkey FOREIGN KEY (manager_id) REFERENCES person (person_id)
);
CREATE UNIQUE INDEX person_employee_no_key ON person (employee_no) WHERE employee_no IS NOT NULL;
CREATE INDEX person_external_id ON person (external_id);
CREATE INDEX person_manager_id ON person (manager_id);

CREATE TABLE person_mail (
    mail_id   INTEGER NOT NULL IDENTITY CONSTRAINT person_mail_pkey PRIMARY KEY,
    person_id INTEGER NOT NULL,
    -- 'W' work, 'O' other.
    kind      CHAR(1) NOT NULL,
    address   NVARCHAR(254) COLLATE Latin1_General_100_CI_AS NOT NULL,
    CONSTRAINT person_mail_kind_known CHECK (kind IN ('W', 'O')),
    CONSTRAINT person_mail_key UNIQUE (person_id, kind, address),
    CONSTRAINT person_mail_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (person_id) ON DELETE CASCADE
);
CREATE INDEX person_mail_address ON person_mail (address);

CREATE TABLE person_role (
    person_id INTEGER NOT NULL,
    role      NVARCHAR(60) NOT NULL,
    CONSTRAINT person_role_pkey PRIMARY KEY (person_id, role),
    CONSTRAINT person_role_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (person_id) ON DELETE CASCADE
);

CREATE TABLE team (
    team_id      INTEGER NOT NULL IDENTITY CONSTRAINT team_pkey PRIMARY KEY,
    name         NVARCHAR(120) COLLATE Latin1_General_100_CI_AS NOT NULL,
    external_ref NVARCHAR(200),
    created_at   DATETIMEOFFSET(6) NOT NULL CONSTRAINT team_created_default DEFAULT SYSDATETIMEOFFSET(),
    updated_at   DATETIMEOFFSET(6) NOT NULL CONSTRAINT team_updated_default DEFAULT SYSDATETIMEOFFSET(),
    row_version  INTEGER NOT NULL CONSTRAINT team_version_default DEFAULT 1,
    CONSTRAINT team_name_key UNIQUE (name),
    CONSTRAINT team_name_given CHECK (name <> N'')
);
CREATE INDEX team_external_ref ON team (external_ref);

CREATE TABLE team_person (
    team_id   INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    joined_at DATETIMEOFFSET(6) NOT NULL CONSTRAINT team_person_joined_default DEFAULT SYSDATETIMEOFFSET(),
    CONSTRAINT team_person_pkey PRIMARY KEY (team_id, person_id),
    CONSTRAINT team_person_team_id_fkey FOREIGN KEY (team_id) REFERENCES team (team_id) ON DELETE CASCADE,
    CONSTRAINT team_person_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (person_id) ON DELETE CASCADE
);
CREATE INDEX team_person_person ON team_person (person_id);

-- Written by triggers only; Patchbay is not granted the right to read it.
CREATE TABLE audit_log (
    audit_id    INTEGER NOT NULL IDENTITY CONSTRAINT audit_log_pkey PRIMARY KEY,
    happened_at DATETIMEOFFSET(6) NOT NULL CONSTRAINT audit_log_default DEFAULT SYSDATETIMEOFFSET(),
    table_name  VARCHAR(30) NOT NULL,
    -- 'I' insert, 'U' update, 'D' delete.
    action      CHAR(1) NOT NULL,
    row_key     VARCHAR(60) NOT NULL
);
GO

-- What these two write themselves is not counted again.
CREATE TRIGGER person_version ON person AFTER UPDATE AS
BEGIN
    SET NOCOUNT ON;
    IF UPDATE(row_version) RETURN;
    UPDATE person SET row_version = person.row_version + 1, updated_at = SYSDATETIMEOFFSET()
      FROM person JOIN inserted ON inserted.person_id = person.person_id;
END
GO
CREATE TRIGGER team_version ON team AFTER UPDATE AS
BEGIN
    SET NOCOUNT ON;
    IF UPDATE(row_version) RETURN;
    UPDATE team SET row_version = team.row_version + 1, updated_at = SYSDATETIMEOFFSET()
      FROM team JOIN inserted ON inserted.team_id = team.team_id;
END
GO

-- A change to what belongs to a person is a change to the person, once a statement.
CREATE TRIGGER person_mail_touch ON person_mail AFTER INSERT, UPDATE, DELETE AS
BEGIN
    SET NOCOUNT ON;
    UPDATE person SET updated_at = SYSDATETIMEOFFSET()
     WHERE person_id IN (SELECT person_id FROM inserted UNION SELECT person_id FROM deleted);
END
GO
CREATE TRIGGER person_role_touch ON person_role AFTER INSERT, DELETE AS
BEGIN
    SET NOCOUNT ON;
    UPDATE person SET updated_at = SYSDATETIMEOFFSET()
     WHERE person_id IN (SELECT person_id FROM inserted UNION SELECT person_id FROM deleted);
END
GO
CREATE TRIGGER team_person_touch ON team_person AFTER INSERT, DELETE AS
BEGIN
    SET NOCOUNT ON;
    UPDATE team SET updated_at = SYSDATETIMEOFFSET()
     WHERE team_id IN (SELECT team_id FROM inserted UNION SELECT team_id FROM deleted);
END
GO

CREATE TRIGGER person_audit ON person AFTER INSERT, UPDATE, DELETE AS
BEGIN
    SET NOCOUNT ON;
    -- Of an update, that of person_version is the one to record.
    IF EXISTS (SELECT 1 FROM inserted) AND EXISTS (SELECT 1 FROM deleted) AND NOT UPDATE(row_version) RETURN;
    INSERT INTO audit_log (table_name, action, row_key)
    SELECT 'person', CASE WHEN deleted.person_id IS NULL THEN 'I' WHEN inserted.person_id IS NULL THEN 'D' ELSE 'U' END,
           COALESCE(inserted.person_id, deleted.person_id)
      FROM inserted FULL JOIN deleted ON deleted.person_id = inserted.person_id;
END
GO
CREATE TRIGGER person_mail_audit ON person_mail AFTER INSERT, UPDATE, DELETE AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO audit_log (table_name, action, row_key)
    SELECT 'person_mail', CASE WHEN deleted.mail_id IS NULL THEN 'I' WHEN inserted.mail_id IS NULL THEN 'D' ELSE 'U' END,
           COALESCE(inserted.person_id, deleted.person_id)
      FROM inserted FULL JOIN deleted ON deleted.mail_id = inserted.mail_id;
END
GO
CREATE TRIGGER person_role_audit ON person_role AFTER INSERT, DELETE AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO audit_log (table_name, action, row_key)
    SELECT 'person_role', 'I', person_id FROM inserted UNION ALL SELECT 'person_role', 'D', person_id FROM deleted;
END
GO
CREATE TRIGGER team_audit ON team AFTER INSERT, UPDATE, DELETE AS
BEGIN
    SET NOCOUNT ON;
    IF EXISTS (SELECT 1 FROM inserted) AND EXISTS (SELECT 1 FROM deleted) AND NOT UPDATE(row_version) RETURN;
    INSERT INTO audit_log (table_name, action, row_key)
    SELECT 'team', CASE WHEN deleted.team_id IS NULL THEN 'I' WHEN inserted.team_id IS NULL THEN 'D' ELSE 'U' END,
           COALESCE(inserted.team_id, deleted.team_id)
      FROM inserted FULL JOIN deleted ON deleted.team_id = inserted.team_id;
END
GO
CREATE TRIGGER team_person_audit ON team_person AFTER INSERT, DELETE AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO audit_log (table_name, action, row_key)
    SELECT 'team_person', 'I', CONCAT(team_id, ',', person_id) FROM inserted
    UNION ALL
    SELECT 'team_person', 'D', CONCAT(team_id, ',', person_id) FROM deleted;
END
GO
