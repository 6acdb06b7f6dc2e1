-- The tables of the accounts; SQLite has no procedures.
CREATE TABLE account (
    account_id INTEGER PRIMARY KEY,
    login VARCHAR(300) NOT NULL UNIQUE,
    mail VARCHAR(300),
    active BOOLEAN NOT NULL DEFAULT true,
    hash VARCHAR(300)
);
CREATE TABLE account_log (what VARCHAR(300) NOT NULL, login VARCHAR(300));
CREATE TABLE account_team (
    account_id INT NOT NULL REFERENCES account,
    team_id INT NOT NULL,
    PRIMARY KEY (account_id, team_id)
);
