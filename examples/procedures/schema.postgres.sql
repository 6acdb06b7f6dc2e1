-- A staff directory that lets nobody write its tables: people and roles come and go by the
-- procedures of the schema `hr`, which keep a journal. PostgreSQL 14 or later.

CREATE SCHEMA hr;

CREATE TABLE hr.person (
    person_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login     varchar(100) NOT NULL,
    given     varchar(100),
    family    varchar(100),
    mail      varchar(200),
    active    boolean NOT NULL DEFAULT true,
    secret    varchar(200)
);
CREATE UNIQUE INDEX person_login ON hr.person (lower(login));

CREATE TABLE hr.role (
    role_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    varchar(100) NOT NULL UNIQUE
);

CREATE TABLE hr.role_person (
    role_id   bigint NOT NULL REFERENCES hr.role,
    person_id bigint NOT NULL REFERENCES hr.person,
    since     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (role_id, person_id)
);

CREATE TABLE hr.journal (
    entry_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what      varchar(50) NOT NULL,
    person_id bigint,
    detail    varchar(200)
);

-- What may be read: no secrets.
CREATE VIEW hr.people AS SELECT person_id, login, given, family, mail, active FROM hr.person;
CREATE VIEW hr.roles AS SELECT role_id, name FROM hr.role;
CREATE VIEW hr.memberships AS SELECT role_id, person_id FROM hr.role_person;

-- Answers with a code: 0 done, 1 the login is taken, 2 no mail outside of our domain.
CREATE PROCEDURE hr.add_person(
    new_login varchar, new_given varchar, new_family varchar, new_mail varchar, OUT id bigint, OUT code int
)
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM hr.person WHERE lower(login) = lower(new_login)) THEN
        code := 1;
    ELSIF new_mail NOT LIKE '%@staff.example' THEN
        code := 2;
    ELSE
        INSERT INTO hr.person (login, given, family, mail)
        VALUES (new_login, new_given, new_family, new_mail) RETURNING person_id INTO id;
        INSERT INTO hr.journal (what, person_id, detail) VALUES ('joined', id, new_login);
        code := 0;
    END IF;
END $$;

CREATE PROCEDURE hr.change_person(id bigint, new_login varchar, new_given varchar, new_family varchar, new_mail varchar)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hr.person SET login = new_login, given = new_given, family = new_family, mail = new_mail
    WHERE person_id = id;
    INSERT INTO hr.journal (what, person_id, detail) VALUES ('changed', id, new_login);
END $$;

CREATE PROCEDURE hr.switch_person(id bigint, is_active boolean)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hr.person SET active = is_active WHERE person_id = id;
    INSERT INTO hr.journal (what, person_id) VALUES (CASE WHEN is_active THEN 'enabled' ELSE 'disabled' END, id);
END $$;

CREATE PROCEDURE hr.set_secret(id bigint, new_secret varchar)
LANGUAGE sql AS 'UPDATE hr.person SET secret = new_secret WHERE person_id = id';

-- Who keeps the keys stays, as SQLSTATE 45001 says.
CREATE PROCEDURE hr.remove_person(id bigint)
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hr.journal (what, person_id) VALUES ('left', id);
    IF EXISTS (SELECT 1 FROM hr.role_person JOIN hr.role USING (role_id) WHERE person_id = id AND name = 'Keys') THEN
        RAISE EXCEPTION 'person % keeps the keys', id USING ERRCODE = '45001';
    END IF;
    DELETE FROM hr.role_person WHERE person_id = id;
    DELETE FROM hr.person WHERE person_id = id;
END $$;

-- A function, as older applications have them.
CREATE FUNCTION hr.add_role(new_name varchar, OUT id bigint)
LANGUAGE sql AS 'INSERT INTO hr.role (name) VALUES (new_name) RETURNING role_id';

CREATE PROCEDURE hr.rename_role(id bigint, new_name varchar)
LANGUAGE sql AS 'UPDATE hr.role SET name = new_name WHERE role_id = id';

CREATE PROCEDURE hr.remove_role(id bigint)
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM hr.role_person WHERE role_id = id;
    DELETE FROM hr.role WHERE role_id = id;
END $$;

CREATE PROCEDURE hr.grant_role(role bigint, person bigint)
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hr.role_person (role_id, person_id) VALUES (role, person);
    INSERT INTO hr.journal (what, person_id, detail) VALUES ('granted', person, role::text);
END $$;

CREATE PROCEDURE hr.revoke_role(role bigint, person bigint)
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM hr.role_person WHERE role_id = role AND person_id = person;
    INSERT INTO hr.journal (what, person_id, detail) VALUES ('revoked', person, role::text);
END $$;

-- Not for Patchbay.
CREATE PROCEDURE hr.forget_everything()
LANGUAGE sql AS 'TRUNCATE hr.journal';
