-- Texts tell case unless they say otherwise, as on the other databases.
ALTER DATABASE COLLATE utf8mb4_nopad_bin;
CREATE TABLE department (
    dept_id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(40) NOT NULL UNIQUE);
INSERT INTO department VALUES (1, 'Sales'), (2, 'IT');
ALTER TABLE department AUTO_INCREMENT = 100;
CREATE TABLE person (
    person_id   INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
    login       VARCHAR(40) COLLATE utf8mb4_general_nopad_ci NOT NULL,
    first_name  VARCHAR(20),
    code        CHAR(8),
    age         SMALLINT,
    salary      DECIMAL(10, 2),
    active      BOOLEAN,
    born        DATE,
    created     TIMESTAMP(6) NOT NULL DEFAULT now(6),
    status      CHAR(1) NOT NULL DEFAULT 'A',
    dept_id     INTEGER,
    manager_id  INTEGER,
    row_version INTEGER NOT NULL DEFAULT 1,
    deleted     INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT person_dept FOREIGN KEY (dept_id) REFERENCES department (dept_id),
    CONSTRAINT person_manager FOREIGN KEY (manager_id) REFERENCES person (person_id),
    CONSTRAINT person_login_key UNIQUE (login),
    CONSTRAINT person_status_known CHECK (status IN ('A', 'D'))
);
CREATE TABLE mail (
    mail_id   INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (person_id),
    kind      CHAR(1) NOT NULL,
    address   VARCHAR(100) NOT NULL,
    UNIQUE (person_id, kind, address)
);
CREATE TABLE tag (
    person_id INTEGER NOT NULL REFERENCES person (person_id),
    place     INTEGER NOT NULL,
    label     VARCHAR(30) NOT NULL
);
CREATE TABLE team (team_id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);
CREATE TABLE team_person (
    team_id   INTEGER NOT NULL REFERENCES team (team_id),
    person_id INTEGER NOT NULL REFERENCES person (person_id),
    PRIMARY KEY (team_id, person_id)
);
CREATE TABLE locker (
    building VARCHAR(20) NOT NULL,
    number   INTEGER NOT NULL,
    holder   INTEGER REFERENCES person (person_id),
    PRIMARY KEY (building, number)
);
CREATE TABLE locker_key (
    building VARCHAR(20) NOT NULL,
    number   INTEGER NOT NULL,
    serial   VARCHAR(20) NOT NULL UNIQUE,
    FOREIGN KEY (building, number) REFERENCES locker (building, number)
);
CREATE VIEW working AS SELECT person_id, login FROM person WHERE status = 'A';
CREATE TABLE secret (secret_id INTEGER PRIMARY KEY, word VARCHAR(20));
CREATE TABLE badge (
    badge_id UUID NOT NULL DEFAULT uuid() PRIMARY KEY,
    colour   ENUM('red', 'green') NOT NULL,
    printed  DATETIME(6)
);
CREATE TABLE next_id (name VARCHAR(20) PRIMARY KEY, number INTEGER NOT NULL);
INSERT INTO next_id VALUES ('desk', 7), ('chair', 300);
CREATE SEQUENCE `Desk_Seq` START WITH 40;
CREATE TABLE desk (desk_id INTEGER NOT NULL PRIMARY KEY, label VARCHAR(20) NOT NULL UNIQUE, plate VARCHAR(10));
CREATE TABLE profile (
    profile_id INTEGER AUTO_INCREMENT PRIMARY KEY,
    login      VARCHAR(20) NOT NULL UNIQUE,
    title      VARCHAR(20),
    kind       VARCHAR(10) NOT NULL DEFAULT 'plain',
    gone       INTEGER NOT NULL DEFAULT 0,
    gone_at    DATETIME,
    changes    INTEGER
);
CREATE TABLE profile_tag (
    profile_id INTEGER NOT NULL REFERENCES profile (profile_id),
    label      VARCHAR(20) NOT NULL,
    PRIMARY KEY (profile_id, label)
);
