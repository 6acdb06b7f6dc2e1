-- The database tells upper from lower case (see named.rs); a login does not. Each line with
-- nothing but GO ends a batch: what makes a view or a trigger has to stand alone.
CREATE TABLE department (
    dept_id INT IDENTITY NOT NULL PRIMARY KEY,
    name NVARCHAR(40) NOT NULL UNIQUE
);
INSERT INTO department (name) VALUES (N'Sales');
INSERT INTO department (name) VALUES (N'IT');
CREATE TABLE person (
    person_id   INT IDENTITY NOT NULL PRIMARY KEY,
    login       NVARCHAR(40) COLLATE Latin1_General_100_CI_AS NOT NULL,
    first_name  NVARCHAR(20) NULL,
    code        NCHAR(8) NULL,
    age         SMALLINT NULL,
    salary      DECIMAL(10, 2) NULL,
    active      BIT NULL,
    born        DATE NULL,
    created     DATETIMEOFFSET(6) NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    status      CHAR(1) NOT NULL DEFAULT 'A',
    dept_id     INT NULL CONSTRAINT person_dept REFERENCES department (dept_id),
    manager_id  INT NULL CONSTRAINT person_manager REFERENCES person (person_id),
    row_version INT NOT NULL DEFAULT 1,
    deleted     INT NOT NULL DEFAULT 0,
    CONSTRAINT person_login_key UNIQUE (login),
    CONSTRAINT person_status_known CHECK (status IN ('A', 'D'))
);
-- Whoever writes to people leaves a trace. It has numbers of its own, so that who asks for the
-- last number of the session gets the wrong one.
CREATE TABLE person_trace (
    trace_id  BIGINT IDENTITY(1000000, 7) NOT NULL PRIMARY KEY,
    person_id INT NULL,
    noted     DATETIME2(7) NOT NULL DEFAULT SYSUTCDATETIME()
);
CREATE TABLE mail (
    mail_id   INT IDENTITY NOT NULL PRIMARY KEY,
    person_id INT NOT NULL REFERENCES person (person_id),
    kind      NCHAR(1) NOT NULL,
    address   NVARCHAR(100) NOT NULL,
    UNIQUE (person_id, kind, address)
);
CREATE TABLE tag (
    person_id INT NOT NULL REFERENCES person (person_id),
    place     INT NOT NULL,
    label     NVARCHAR(30) NOT NULL
);
CREATE TABLE team (team_id INT IDENTITY NOT NULL PRIMARY KEY, name NVARCHAR(40) NOT NULL UNIQUE);
CREATE TABLE team_person (
    team_id   INT NOT NULL REFERENCES team (team_id),
    person_id INT NOT NULL REFERENCES person (person_id),
    PRIMARY KEY (team_id, person_id)
);
CREATE TABLE locker (
    building NVARCHAR(20) NOT NULL,
    number   INT NOT NULL,
    holder   INT NULL REFERENCES person (person_id),
    PRIMARY KEY (building, number)
);
CREATE TABLE locker_key (
    building NVARCHAR(20) NOT NULL,
    number   INT NOT NULL,
    serial   NVARCHAR(20) NOT NULL UNIQUE,
    FOREIGN KEY (building, number) REFERENCES locker (building, number) ON DELETE CASCADE
);
CREATE TABLE secret (secret_id INT NOT NULL PRIMARY KEY, word NVARCHAR(20) NULL);
CREATE TABLE next_id (name NVARCHAR(20) NOT NULL PRIMARY KEY, number INT NOT NULL);
INSERT INTO next_id (name, number) VALUES (N'desk', 7), (N'chair', 300);
CREATE SEQUENCE [Desk_Seq] AS INT START WITH 40;
CREATE TABLE desk (desk_id INT NOT NULL PRIMARY KEY, label NVARCHAR(20) NOT NULL UNIQUE, plate NVARCHAR(10) NULL);
CREATE TABLE profile (
    profile_id INT IDENTITY NOT NULL PRIMARY KEY,
    login      NVARCHAR(20) NOT NULL UNIQUE,
    title      NVARCHAR(20) NULL,
    kind       NVARCHAR(10) NOT NULL DEFAULT 'plain',
    gone       INT NOT NULL DEFAULT 0,
    gone_at    DATETIME2(3) NULL,
    changes    INT NULL
);
CREATE TABLE profile_tag (
    profile_id INT NOT NULL REFERENCES profile (profile_id),
    label      NVARCHAR(20) NOT NULL,
    PRIMARY KEY (profile_id, label)
);
GO
CREATE VIEW working AS SELECT person_id, login FROM person WHERE status = 'A';
GO
CREATE TRIGGER person_traced ON person AFTER INSERT, UPDATE, DELETE AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO person_trace (person_id)
    SELECT COALESCE(i.person_id, d.person_id)
    FROM inserted AS i FULL OUTER JOIN deleted AS d ON d.person_id = i.person_id;
END;
GO
CREATE SCHEMA hr;
GO
-- What only SQL Server has.
CREATE TABLE hr.asset (
    asset_id UNIQUEIDENTIFIER NOT NULL DEFAULT NEWSEQUENTIALID() PRIMARY KEY,
    [order]  NVARCHAR(20) NOT NULL UNIQUE,
    serial   VARCHAR(20) COLLATE Latin1_General_100_CI_AS NULL,
    price    MONEY NULL,
    weight   FLOAT NULL,
    bought   DATE NULL,
    opens    TIME(0) NULL,
    seen     DATETIME2(3) NULL,
    moved    DATETIMEOFFSET(7) NULL,
    old      DATETIME NULL,
    photo    VARBINARY(20) NULL,
    note     NVARCHAR(MAX) NULL,
    version  ROWVERSION NOT NULL
);
GO
ALTER TABLE hr.asset ADD label AS (UPPER([order])) PERSISTED;
GO
-- Two without a serial number are no two of the same.
CREATE UNIQUE INDEX asset_serial_once ON hr.asset (serial) WHERE serial IS NOT NULL;
CREATE TABLE hr.asset_part (
    asset_id UNIQUEIDENTIFIER NOT NULL REFERENCES hr.asset (asset_id) ON DELETE CASCADE,
    part     NVARCHAR(20) NOT NULL,
    PRIMARY KEY (asset_id, part)
);
-- Nothing but its number tells two notes apart.
CREATE TABLE hr.note (note_id INT IDENTITY NOT NULL PRIMARY KEY, body NVARCHAR(100) NULL);
CREATE TABLE hr.watched_note (note_id INT IDENTITY NOT NULL PRIMARY KEY, body NVARCHAR(100) NULL);
GO
CREATE TRIGGER hr.note_watched ON hr.watched_note AFTER INSERT AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO person_trace (person_id) SELECT NULL FROM inserted;
END;
