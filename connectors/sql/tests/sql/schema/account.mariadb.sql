-- Accounts that an application keeps behind procedures of its own.
CREATE TABLE account (
    account_id INT AUTO_INCREMENT PRIMARY KEY,
    login VARCHAR(300) NOT NULL UNIQUE,
    mail VARCHAR(300),
    active BOOLEAN NOT NULL DEFAULT true,
    hash VARCHAR(300)
);
CREATE TABLE account_log (what VARCHAR(300) NOT NULL, login VARCHAR(300));
CREATE TABLE account_team (
    account_id INT NOT NULL REFERENCES account (account_id),
    team_id INT NOT NULL,
    PRIMARY KEY (account_id, team_id)
);
DELIMITER //
CREATE PROCEDURE add_account(new_login VARCHAR(300), new_mail VARCHAR(300), INOUT serial INT, OUT id INT, OUT rc INT)
BEGIN
    SET serial = serial + 1;
    IF EXISTS (SELECT 1 FROM account WHERE login = new_login) THEN
        SET rc = 2;
    ELSEIF new_login LIKE 'bad%' THEN
        SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'bad logins are not taken';
    ELSE
        INSERT INTO account (login, mail) VALUES (new_login, new_mail);
        SET id = LAST_INSERT_ID(), rc = 0;
    END IF;
END //
-- The same with a row for an answer.
CREATE PROCEDURE add_account_row(new_login VARCHAR(300), new_mail VARCHAR(300))
BEGIN
    INSERT INTO account (login, mail) VALUES (new_login, new_mail);
    SELECT IF(new_login LIKE 'bad%', 3, 0) AS code, LAST_INSERT_ID() AS id;
END //
-- It changes something before it refuses.
CREATE PROCEDURE change_account(id INT, new_login VARCHAR(300), new_mail VARCHAR(300))
BEGIN
    UPDATE account SET login = new_login, mail = new_mail WHERE account_id = id;
    IF new_mail = 'refused' THEN
        SIGNAL SQLSTATE '45002' SET MESSAGE_TEXT = 'no';
    END IF;
END //
CREATE PROCEDURE drop_account(id INT)
BEGIN
    DELETE FROM account_team WHERE account_id = id;
    DELETE FROM account WHERE account_id = id;
END //
CREATE PROCEDURE set_password(who VARCHAR(300), new_hash VARCHAR(300))
    UPDATE account SET hash = new_hash WHERE login = who //
CREATE PROCEDURE switch_account(id INT, onoff BOOLEAN) UPDATE account SET active = onoff WHERE account_id = id //
CREATE PROCEDURE enter_team(id INT, team INT) INSERT INTO account_team VALUES (id, team) //
CREATE PROCEDURE leave_team(id INT, team INT)
    DELETE FROM account_team WHERE account_id = id AND team_id = team //
CREATE PROCEDURE list_accounts(which BOOLEAN) SELECT account_id, login, mail, active FROM account //
CREATE PROCEDURE secret_procedure(id INT) DELETE FROM account //
DELIMITER ;
