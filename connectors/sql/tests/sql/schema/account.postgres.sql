-- Accounts that an application keeps behind procedures of its own.
CREATE TABLE account (
    account_id serial PRIMARY KEY,
    login varchar(300) NOT NULL UNIQUE,
    mail varchar(300),
    active boolean NOT NULL DEFAULT true,
    hash varchar(300)
);
CREATE TABLE account_log (what varchar(300) NOT NULL, login varchar(300));
CREATE TABLE account_team (
    account_id int NOT NULL REFERENCES account,
    team_id int NOT NULL,
    PRIMARY KEY (account_id, team_id)
);

CREATE PROCEDURE add_account(new_login varchar, new_mail varchar, INOUT serial int, OUT id int, OUT rc int)
LANGUAGE plpgsql AS $$
BEGIN
    serial := serial + 1;
    IF EXISTS (SELECT 1 FROM account WHERE login = new_login) THEN
        rc := 2;
        RETURN;
    END IF;
    IF new_login LIKE 'bad%' THEN
        RAISE EXCEPTION 'bad logins are not taken: %', new_login USING ERRCODE = '45001';
    END IF;
    INSERT INTO account (login, mail) VALUES (new_login, new_mail) RETURNING account_id INTO id;
    rc := 0;
END $$;
-- The same with a row for an answer.
CREATE FUNCTION add_account_row(new_login varchar, new_mail varchar) RETURNS TABLE (code int, id int)
LANGUAGE plpgsql AS $$
BEGIN
    code := CASE WHEN new_login LIKE 'bad%' THEN 3 ELSE 0 END;
    INSERT INTO account (login, mail) VALUES (new_login, new_mail) RETURNING account_id INTO id;
    RETURN NEXT;
END $$;
-- It changes something before it refuses.
CREATE PROCEDURE change_account(id int, new_login varchar, new_mail varchar) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET login = new_login, mail = new_mail WHERE account_id = id;
    IF new_mail = 'refused' THEN
        RAISE EXCEPTION 'no' USING ERRCODE = '45002';
    END IF;
END $$;
CREATE PROCEDURE drop_account(id int) LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM account_team WHERE account_id = id;
    DELETE FROM account WHERE account_id = id;
END $$;
CREATE PROCEDURE set_password(who varchar, new_hash varchar) LANGUAGE sql AS
    'UPDATE account SET hash = new_hash WHERE login = who';
CREATE PROCEDURE switch_account(id int, onoff boolean) LANGUAGE sql AS
    'UPDATE account SET active = onoff WHERE account_id = id';
CREATE PROCEDURE enter_team(id int, team int) LANGUAGE sql AS
    'INSERT INTO account_team VALUES (id, team)';
CREATE PROCEDURE leave_team(id int, team int) LANGUAGE sql AS
    'DELETE FROM account_team WHERE account_id = id AND team_id = team';
CREATE FUNCTION list_accounts(which boolean) RETURNS TABLE (account_id int, login varchar, mail varchar, active boolean)
LANGUAGE sql AS 'SELECT account_id, login, mail, active FROM account';
CREATE PROCEDURE secret_procedure(id int) LANGUAGE sql AS 'DELETE FROM account';
