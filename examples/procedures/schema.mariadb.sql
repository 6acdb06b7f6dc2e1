-- A staff directory that lets nobody write its tables: people and roles come and go by
-- procedures, which keep a journal. MariaDB 10.6 or later; on MySQL 8.0, too.

CREATE TABLE person (
    person_id BIGINT AUTO_INCREMENT PRIMARY KEY,
    login     VARCHAR(100) NOT NULL UNIQUE,
    given     VARCHAR(100),
    family    VARCHAR(100),
    mail      VARCHAR(200),
    active    BOOLEAN NOT NULL DEFAULT true,
    secret    VARCHAR(200)
) CHARACTER SET utf8mb4;

CREATE TABLE role (
    role_id BIGINT AUTO_INCREMENT PRIMARY KEY,
    name    VARCHAR(100) NOT NULL UNIQUE
) CHARACTER SET utf8mb4;

CREATE TABLE role_person (
    role_id   BIGINT NOT NULL REFERENCES role (role_id),
    person_id BIGINT NOT NULL REFERENCES person (person_id),
    since     TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (role_id, person_id)
);

CREATE TABLE journal (
    entry_id  BIGINT AUTO_INCREMENT PRIMARY KEY,
    what      VARCHAR(50) NOT NULL,
    person_id BIGINT,
    detail    VARCHAR(200)
) CHARACTER SET utf8mb4;

-- What may be read: no secrets.
CREATE VIEW people AS SELECT person_id, login, given, family, mail, active FROM person;
CREATE VIEW roles AS SELECT role_id, name FROM role;
CREATE VIEW memberships AS SELECT role_id, person_id FROM role_person;

DELIMITER //

-- Answers with a code: 0 done, 1 the login is taken, 2 no mail outside of our domain.
CREATE PROCEDURE add_person(
    new_login VARCHAR(100), new_given VARCHAR(100), new_family VARCHAR(100), new_mail VARCHAR(200),
    OUT id BIGINT, OUT code INT
)
BEGIN
    IF EXISTS (SELECT 1 FROM person WHERE login = new_login) THEN
        SET code = 1;
    ELSEIF new_mail NOT LIKE '%@staff.example' THEN
        SET code = 2;
    ELSE
        INSERT INTO person (login, given, family, mail) VALUES (new_login, new_given, new_family, new_mail);
        SET id = LAST_INSERT_ID(), code = 0;
        INSERT INTO journal (what, person_id, detail) VALUES ('joined', id, new_login);
    END IF;
END //

CREATE PROCEDURE change_person(
    id BIGINT, new_login VARCHAR(100), new_given VARCHAR(100), new_family VARCHAR(100), new_mail VARCHAR(200)
)
BEGIN
    UPDATE person SET login = new_login, given = new_given, family = new_family, mail = new_mail
    WHERE person_id = id;
    INSERT INTO journal (what, person_id, detail) VALUES ('changed', id, new_login);
END //

CREATE PROCEDURE switch_person(id BIGINT, is_active BOOLEAN)
BEGIN
    UPDATE person SET active = is_active WHERE person_id = id;
    INSERT INTO journal (what, person_id) VALUES (IF(is_active, 'enabled', 'disabled'), id);
END //

CREATE PROCEDURE set_secret(id BIGINT, new_secret VARCHAR(200))
    UPDATE person SET secret = new_secret WHERE person_id = id //

-- Who keeps the keys stays, as SQLSTATE 45001 says.
CREATE PROCEDURE remove_person(id BIGINT)
BEGIN
    INSERT INTO journal (what, person_id) VALUES ('left', id);
    IF EXISTS (SELECT 1 FROM role_person JOIN role USING (role_id) WHERE person_id = id AND name = 'Keys') THEN
        SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'this person keeps the keys';
    END IF;
    DELETE FROM role_person WHERE person_id = id;
    DELETE FROM person WHERE person_id = id;
END //

CREATE PROCEDURE add_role(new_name VARCHAR(100), OUT id BIGINT)
BEGIN
    INSERT INTO role (name) VALUES (new_name);
    SET id = LAST_INSERT_ID();
END //

CREATE PROCEDURE rename_role(id BIGINT, new_name VARCHAR(100))
    UPDATE role SET name = new_name WHERE role_id = id //

CREATE PROCEDURE remove_role(id BIGINT)
BEGIN
    DELETE FROM role_person WHERE role_id = id;
    DELETE FROM role WHERE role_id = id;
END //

CREATE PROCEDURE grant_role(role BIGINT, person BIGINT)
BEGIN
    INSERT INTO role_person (role_id, person_id) VALUES (role, person);
    INSERT INTO journal (what, person_id, detail) VALUES ('granted', person, role);
END //

CREATE PROCEDURE revoke_role(role BIGINT, person BIGINT)
BEGIN
    DELETE FROM role_person WHERE role_id = role AND person_id = person;
    INSERT INTO journal (what, person_id, detail) VALUES ('revoked', person, role);
END //

-- Not for Patchbay. It also shows what a procedure must not do here: TRUNCATE commits.
CREATE PROCEDURE forget_everything() TRUNCATE journal //

DELIMITER ;
