-- The people of seed.sql, for MariaDB: there, what a trigger writes to may not be read by
-- the statement that fires it.

INSERT INTO person (login, first_name, last_name, display_name, title, cost_center, locale,
                    phone_work, phone_mobile, employee_no, external_id, dept_id) VALUES
    ('Margit.Olsen@helpdesk.example', 'Margit', 'Olsen', 'Margit Olsen', 'Head of Service Desk', 'CC-1000 ', 'da-DK',
     '+45 70 10 20 30', '+45 20 30 40 50', 'E-0001', 'molsen', 10),
    ('tomas.horak@helpdesk.example', 'Tomáš', 'Horák', 'Tomáš Horák', 'Service Desk Analyst', 'CC-1000 ', 'cs-CZ',
     '+420 222 333 444', NULL, 'E-0002', 'thorak', 10),
    ('ines.ferreira@helpdesk.example', 'Inês', 'Ferreira', 'Inês Ferreira', 'Field Engineer', 'CC-2000 ', 'pt-PT',
     NULL, '+351 912 345 678', 'E-0003', 'iferreira', 20),
    ('kofi.mensah@helpdesk.example', 'Kofi', 'Mensah', 'Kofi Mensah', 'Network Engineer', 'CC-3000 ', 'en-GH',
     '+233 30 222 1111', '+233 24 555 6666', 'E-0004', 'kmensah', 30),
    ('svc-backup', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Left years ago; nobody deletes people here.
INSERT INTO person (login, first_name, last_name, display_name, status, employee_no, external_id, dept_id) VALUES
    ('w.adler@helpdesk.example', 'Wilhelm', 'Adler', 'Wilhelm Adler', 'D', 'E-0000', 'wadler', 40);

SET @margit = (SELECT person_id FROM person WHERE login = 'margit.olsen@helpdesk.example');
SET @tomas = (SELECT person_id FROM person WHERE login = 'tomas.horak@helpdesk.example');
SET @ines = (SELECT person_id FROM person WHERE login = 'ines.ferreira@helpdesk.example');
SET @kofi = (SELECT person_id FROM person WHERE login = 'kofi.mensah@helpdesk.example');
SET @adler = (SELECT person_id FROM person WHERE login = 'w.adler@helpdesk.example');

UPDATE person SET manager_id = @margit WHERE person_id IN (@tomas, @ines);

INSERT INTO person_mail (person_id, kind, address) VALUES
    (@margit, 'W', 'Margit.Olsen@helpdesk.example'),
    (@tomas, 'W', 'tomas.horak@helpdesk.example'),
    (@ines, 'W', 'ines.ferreira@helpdesk.example'),
    (@kofi, 'W', 'kofi.mensah@helpdesk.example'),
    (@adler, 'W', 'w.adler@helpdesk.example'),
    (@kofi, 'O', 'kofi@mensah.example');

INSERT INTO person_role (person_id, role) VALUES
    (@margit, 'Agent'), (@tomas, 'Agent'), (@ines, 'Agent'), (@kofi, 'Agent'), (@margit, 'Supervisor');

INSERT INTO team (name, external_ref) VALUES ('First Line', 'grp-first-line'), ('Escalations', NULL);
SET @first_line = (SELECT team_id FROM team WHERE name = 'First Line');
SET @escalations = (SELECT team_id FROM team WHERE name = 'Escalations');
INSERT INTO team_person (team_id, person_id) VALUES
    (@first_line, @margit), (@first_line, @tomas), (@escalations, @kofi);
