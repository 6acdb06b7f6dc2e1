CREATE TABLE department (dept_id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);
INSERT INTO department VALUES (1, 'Sales'), (2, 'IT');
CREATE TABLE person (
    person_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    login       VARCHAR(40) NOT NULL COLLATE NOCASE,
    first_name  VARCHAR(20),
    code        CHAR(8),
    age         SMALLINT,
    salary      DECIMAL(10, 2),
    active      BOOLEAN,
    born        DATE,
    created     TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    status      CHAR(1) NOT NULL DEFAULT 'A',
    dept_id     INTEGER CONSTRAINT person_dept REFERENCES department (dept_id),
    manager_id  INTEGER CONSTRAINT person_manager REFERENCES person (person_id),
    row_version INTEGER NOT NULL DEFAULT 1,
    deleted     INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT person_login_key UNIQUE (login),
    CONSTRAINT person_status_known CHECK (status IN ('A', 'D'))
);
CREATE TABLE mail (
    mail_id   INTEGER PRIMARY KEY,
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
CREATE TABLE team (team_id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) NOT NULL UNIQUE);
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
CREATE TABLE next_id (name VARCHAR(20) PRIMARY KEY, number INTEGER NOT NULL);
INSERT INTO next_id VALUES ('desk', 7), ('chair', 300);
CREATE TABLE desk (desk_id INT NOT NULL PRIMARY KEY, label VARCHAR(20) NOT NULL UNIQUE, plate VARCHAR(10));
CREATE TABLE profile (
    profile_id INTEGER PRIMARY KEY,
    login      VARCHAR(20) NOT NULL UNIQUE,
    title      VARCHAR(20),
    kind       VARCHAR(10) NOT NULL DEFAULT 'plain',
    gone       INTEGER NOT NULL DEFAULT 0,
    gone_at    TIMESTAMP,
    changes    INTEGER
);
CREATE TABLE profile_tag (
    profile_id INTEGER NOT NULL REFERENCES profile (profile_id),
    label      VARCHAR(20) NOT NULL,
    PRIMARY KEY (profile_id, label)
);
