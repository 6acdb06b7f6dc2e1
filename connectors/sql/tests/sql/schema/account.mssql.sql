-- Accounts that an application keeps behind procedures of its own.
CREATE TABLE account (
    account_id INT IDENTITY NOT NULL PRIMARY KEY,
    login NVARCHAR(300) NOT NULL UNIQUE,
    mail NVARCHAR(300) NULL,
    active BIT NOT NULL DEFAULT 1,
    hash NVARCHAR(300) NULL
);
CREATE TABLE account_log (what NVARCHAR(300) NOT NULL, login NVARCHAR(300) NULL);
CREATE TABLE account_team (
    account_id INT NOT NULL REFERENCES account (account_id),
    team_id INT NOT NULL,
    PRIMARY KEY (account_id, team_id)
);
GO
CREATE PROCEDURE add_account
    (@new_login NVARCHAR(300), @new_mail NVARCHAR(300), @serial INT OUTPUT, @id INT OUTPUT, @rc INT OUTPUT)
AS
BEGIN
    SET NOCOUNT ON;
    SET @serial = @serial + 1;
    IF EXISTS (SELECT 1 FROM account WHERE login = @new_login)
    BEGIN
        SET @rc = 2;
        RETURN 0;
    END;
    IF @new_login LIKE N'bad%'
    BEGIN
        DECLARE @why NVARCHAR(100) = N'bad logins are not taken';
        THROW 50001, @why, 1;
    END;
    INSERT INTO account (login, mail) VALUES (@new_login, @new_mail);
    SET @id = SCOPE_IDENTITY();
    SET @rc = 0;
    RETURN 0;
END;
GO
-- The same with a row for an answer.
CREATE PROCEDURE add_account_row (@new_login NVARCHAR(300), @new_mail NVARCHAR(300)) AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO account (login, mail) VALUES (@new_login, @new_mail);
    SELECT CASE WHEN @new_login LIKE N'bad%' THEN 3 ELSE 0 END AS code, CAST(SCOPE_IDENTITY() AS INT) AS id;
END;
GO
-- It changes something before it refuses.
CREATE PROCEDURE change_account (@id INT, @new_login NVARCHAR(300), @new_mail NVARCHAR(300)) AS
BEGIN
    SET NOCOUNT ON;
    UPDATE account SET login = @new_login, mail = @new_mail WHERE account_id = @id;
    IF @new_mail = N'refused'
    BEGIN
        DECLARE @why NVARCHAR(100) = N'no';
        THROW 50002, @why, 1;
    END;
END;
GO
CREATE PROCEDURE drop_account (@id INT) AS
BEGIN
    SET NOCOUNT ON;
    DELETE FROM account_team WHERE account_id = @id;
    DELETE FROM account WHERE account_id = @id;
END;
GO
CREATE PROCEDURE set_password (@who NVARCHAR(300), @new_hash NVARCHAR(300)) AS
    UPDATE account SET hash = @new_hash WHERE login = @who;
GO
CREATE PROCEDURE switch_account (@id INT, @onoff BIT) AS UPDATE account SET active = @onoff WHERE account_id = @id;
GO
CREATE PROCEDURE enter_team (@id INT, @team INT) AS
    INSERT INTO account_team (account_id, team_id) VALUES (@id, @team);
GO
CREATE PROCEDURE leave_team (@id INT, @team INT) AS
    DELETE FROM account_team WHERE account_id = @id AND team_id = @team;
GO
CREATE PROCEDURE list_accounts (@which BIT) AS SELECT account_id, login, mail, active FROM account;
GO
CREATE PROCEDURE secret_procedure (@id INT) AS DELETE FROM account;
