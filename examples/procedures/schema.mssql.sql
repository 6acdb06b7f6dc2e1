-- A staff directory that lets nobody write its tables: people and roles come and go by the
-- procedures of the schema `hr`, which keep a journal. SQL Server 2016 or later; `sqlcmd` runs
-- this file.

CREATE SCHEMA hr;
GO
CREATE TABLE hr.person (
    person_id bigint IDENTITY PRIMARY KEY,
    login     nvarchar(100) NOT NULL UNIQUE,
    given     nvarchar(100),
    family    nvarchar(100),
    mail      nvarchar(200),
    active    bit NOT NULL DEFAULT 1,
    secret    nvarchar(200)
);
CREATE TABLE hr.role (
    role_id bigint IDENTITY PRIMARY KEY,
    name    nvarchar(100) NOT NULL UNIQUE
);
CREATE TABLE hr.role_person (
    role_id   bigint NOT NULL REFERENCES hr.role,
    person_id bigint NOT NULL REFERENCES hr.person,
    since     datetimeoffset NOT NULL DEFAULT sysdatetimeoffset(),
    PRIMARY KEY (role_id, person_id)
);
CREATE TABLE hr.journal (
    entry_id  bigint IDENTITY PRIMARY KEY,
    what      nvarchar(50) NOT NULL,
    person_id bigint,
    detail    nvarchar(200)
);
GO
-- What may be read: no secrets.
CREATE VIEW hr.people AS SELECT person_id, login, given, family, mail, active FROM hr.person;
GO
CREATE VIEW hr.roles AS SELECT role_id, name FROM hr.role;
GO
CREATE VIEW hr.memberships AS SELECT role_id, person_id FROM hr.role_person;
GO
-- Returns 0 done, 1 the login is taken, 2 no mail outside of our domain.
CREATE PROCEDURE hr.add_person
    @login nvarchar(100), @given nvarchar(100), @family nvarchar(100), @mail nvarchar(200), @id bigint OUTPUT
AS BEGIN
    SET NOCOUNT ON;
    IF EXISTS (SELECT 1 FROM hr.person WHERE login = @login) RETURN 1;
    IF @mail NOT LIKE '%@staff.example' RETURN 2;
    INSERT INTO hr.person (login, given, family, mail) VALUES (@login, @given, @family, @mail);
    SET @id = SCOPE_IDENTITY();
    INSERT INTO hr.journal (what, person_id, detail) VALUES ('joined', @id, @login);
    RETURN 0;
END;
GO
CREATE PROCEDURE hr.change_person
    @id bigint, @login nvarchar(100), @given nvarchar(100), @family nvarchar(100), @mail nvarchar(200)
AS BEGIN
    SET NOCOUNT ON;
    UPDATE hr.person SET login = @login, given = @given, family = @family, mail = @mail WHERE person_id = @id;
    INSERT INTO hr.journal (what, person_id, detail) VALUES ('changed', @id, @login);
END;
GO
CREATE PROCEDURE hr.switch_person @id bigint, @active bit
AS BEGIN
    SET NOCOUNT ON;
    UPDATE hr.person SET active = @active WHERE person_id = @id;
    INSERT INTO hr.journal (what, person_id) VALUES (CASE @active WHEN 1 THEN 'enabled' ELSE 'disabled' END, @id);
END;
GO
CREATE PROCEDURE hr.set_secret @id bigint, @secret nvarchar(200)
AS UPDATE hr.person SET secret = @secret WHERE person_id = @id;
GO
-- Who keeps the keys stays, as error 51001 says.
CREATE PROCEDURE hr.remove_person @id bigint
AS BEGIN
    SET NOCOUNT ON;
    INSERT INTO hr.journal (what, person_id) VALUES ('left', @id);
    IF EXISTS (
        SELECT 1 FROM hr.role_person AS m JOIN hr.role AS r ON r.role_id = m.role_id
        WHERE m.person_id = @id AND r.name = 'Keys'
    )
        THROW 51001, 'this person keeps the keys', 1;
    DELETE FROM hr.role_person WHERE person_id = @id;
    DELETE FROM hr.person WHERE person_id = @id;
END;
GO
CREATE PROCEDURE hr.add_role @name nvarchar(100), @id bigint OUTPUT
AS BEGIN
    SET NOCOUNT ON;
    INSERT INTO hr.role (name) VALUES (@name);
    SET @id = SCOPE_IDENTITY();
END;
GO
CREATE PROCEDURE hr.rename_role @id bigint, @name nvarchar(100)
AS UPDATE hr.role SET name = @name WHERE role_id = @id;
GO
CREATE PROCEDURE hr.remove_role @id bigint
AS BEGIN
    SET NOCOUNT ON;
    DELETE FROM hr.role_person WHERE role_id = @id;
    DELETE FROM hr.role WHERE role_id = @id;
END;
GO
CREATE PROCEDURE hr.grant_role @role bigint, @person bigint
AS BEGIN
    SET NOCOUNT ON;
    INSERT INTO hr.role_person (role_id, person_id) VALUES (@role, @person);
    INSERT INTO hr.journal (what, person_id, detail) VALUES ('granted', @person, CAST(@role AS nvarchar(20)));
END;
GO
CREATE PROCEDURE hr.revoke_role @role bigint, @person bigint
AS BEGIN
    SET NOCOUNT ON;
    DELETE FROM hr.role_person WHERE role_id = @role AND person_id = @person;
    INSERT INTO hr.journal (what, person_id, detail) VALUES ('revoked', @person, CAST(@role AS nvarchar(20)));
END;
GO
-- Not for Patchbay.
CREATE PROCEDURE hr.forget_everything AS TRUNCATE TABLE hr.journal;
GO
